import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  type KafkaConfig,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

const log = createLogger({ service: 'test', level: 'error' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }

let shared: Servers
before(async () => {
  shared = await servers()
})
after(() => shared[Symbol.asyncDispose]())

const kafkaConfig = (): KafkaConfig => ({
  brokers: shared.environment.KAFKA_BROKERS.split(','),
  clientId: 'test',
  isTlsEnabled: false,
  sasl: null,
})

async function openProducer(topic: string, partitions: number) {
  const kafka = kafkaConfig()
  const partitionCountByTopic = { [topic]: partitions }
  await createTopics({ kafka, partitionCountByTopic, settings, log })
  const producer = createProducer({ kafka, partitionCountByTopic, log })
  await eventually(() => assert.equal(producer.notReadyReason, null))
  return producer
}

const record = (topic: string, partition: number, bytes: number) => ({
  topic,
  partition,
  key: null,
  value: Buffer.alloc(bytes, 'x'),
})

test('records of one partition are acknowledged in their order, with their offsets', async () => {
  const topic = `producer.${randomUUID()}`
  await using producer = await openProducer(topic, 2)
  const outcomes = await producer.produce([0, 1, 0, 0].map((p) => record(topic, p, 10)))
  assert.deepEqual(outcomes, [
    { status: 'acknowledged', offset: 0 },
    { status: 'acknowledged', offset: 0 },
    { status: 'acknowledged', offset: 1 },
    { status: 'acknowledged', offset: 2 },
  ])
  assert.equal(producer.bufferedBytes, 0)
})

test('a record that Kafka refuses does not fail those of other partitions in its request', async () => {
  const topic = `producer.${randomUUID()}`
  await using producer = await openProducer(topic, 2)
  const [refused, other] = await Promise.all([
    producer.produce([record(topic, 0, 3_000_000)]), // more than max.message.bytes
    producer.produce([record(topic, 1, 10)]),
  ])
  const [outcome] = refused
  assert.ok(outcome?.status === 'unacknowledged')
  assert.equal(outcome.reason, 'record_too_large')
  assert.match(outcome.failure?.text ?? '', /MESSAGE_TOO_LARGE.*max\.message\.bytes/)
  assert.equal(other[0]?.status, 'acknowledged')
  assert.deepEqual(
    (await producer.produce([record(topic, 0, 10)])).map(({ status }) => status),
    ['acknowledged'],
    'and its own partition goes on',
  )
})

test('what was produced is read back byte for byte, with keys, headers and nothing at all', async () => {
  const topic = `producer.${randomUUID()}`
  await using producer = await openProducer(topic, 1)
  const sent = [
    { key: Buffer.from('account_1'), value: Buffer.from('{"a":1}') },
    { key: null, value: Buffer.alloc(100_000, 'ü') },
    { key: Buffer.alloc(0), value: Buffer.alloc(0) },
    {
      key: Buffer.from([0, 255]),
      value: null,
      headers: { reason: 'ünlesbar', at: Buffer.from([0, 1]) },
    },
  ]
  const outcomes = await producer.produce(sent.map((each) => ({ topic, partition: 0, ...each })))
  assert.ok(outcomes.every(({ status }) => status === 'acknowledged'))
  await using consumer = createConsumer({
    kafka: kafkaConfig(),
    consumerGroup: topic,
    topics: [topic],
    budget: createMemoryBudget(10_000_000),
    onOutOfRange: 'halt',
    log,
  })
  const read: unknown[] = []
  await eventually(async () => {
    const event = await consumer.fetch({ maxWaitMs: 500, signal: AbortSignal.timeout(5_000) })
    if (event.kind === 'records') {
      for (const { key, value, headers } of event.records) read.push({ key, value, headers })
    }
    assert.equal(read.length, sent.length)
  })
  assert.deepEqual(
    read,
    sent.map(({ key, value, headers = {} }) => ({
      key,
      value,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, each]) => [name, Buffer.from(each)]),
      ),
    })),
  )
})
