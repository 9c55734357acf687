import assert from 'node:assert/strict'
import type { SecureKafka, TlsKafka } from '@custom-events/embedded'
import {
  createProducer,
  createTopics,
  kafkaConfigFrom,
  type KafkaConfig,
  type Producer,
} from '@custom-events/kafka'
import { createLogger, kafkaVariables, readConfig } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

export const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }

/** As a service reads it: through every rule of the variables. */
export function kafkaOf(environment: Readonly<Record<string, string>>): KafkaConfig {
  return kafkaConfigFrom(readConfig(kafkaVariables, environment).config)
}

export function tlsOf(secure: SecureKafka | null): {
  readonly secure: SecureKafka
  readonly tls: TlsKafka
} {
  assert.ok(secure !== null && secure.tls !== null)
  return { secure, tls: secure.tls }
}

export const partitionCountByTopic = (topic: string): Readonly<Record<string, number>> => ({
  [topic]: 1,
})

export async function makeTopic(kafka: KafkaConfig, topic: string): Promise<void> {
  await createTopics({ kafka, partitionCountByTopic: partitionCountByTopic(topic), settings, log })
}

/** What somebody who may write, read and join may: every topic and group of a test has one name. */
export const rightsOf = (name: string) =>
  [
    { resource: 'topic', name, operation: 'describe' },
    { resource: 'topic', name, operation: 'write' },
    { resource: 'topic', name, operation: 'read' },
    { resource: 'topic', name, operation: 'describe_configs' },
    { resource: 'group', name, operation: 'read' },
  ] as const

export function open(kafka: KafkaConfig, topic: string): Producer {
  return createProducer({ kafka, partitionCountByTopic: partitionCountByTopic(topic), log })
}

export const record = (topic: string, value: string) => ({
  topic,
  partition: 0,
  key: Buffer.from('k'),
  value: Buffer.from(value),
})

/** Ready within 20 s, and one record is acknowledged. */
export async function mustProduce(producer: Producer, topic: string, value: string): Promise<void> {
  await eventually(() => assert.equal(producer.notReadyReason, null))
  const [outcome] = await producer.produce([record(topic, value)])
  assert.equal(outcome?.status, 'acknowledged', JSON.stringify(outcome))
}

/** Not ready, with a sentence that matches, within 20 s. */
export async function mustSay(kafka: KafkaConfig, topic: string, expected: RegExp): Promise<void> {
  await using producer = open(kafka, topic)
  await eventually(() => assert.match(producer.notReadyReason ?? 'ready', expected))
}
