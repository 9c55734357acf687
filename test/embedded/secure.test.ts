// Kafka's second listener: who somebody is, and what they may do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startKafka, type KafkaUser } from '@custom-events/embedded'
import { createTopics, kafkaConfigFrom, readGroupOffsets } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }

test('a user of a secure Kafka may do what it was given, and what is taken may come back', async () => {
  await using server = await startKafka({ secure: true })
  const { secure } = server
  assert.ok(secure !== null)
  const make = (environment: KafkaUser['environment'], topic: string) =>
    createTopics({
      kafka: kafkaOf(environment),
      partitionCountByTopic: { [topic]: 1 },
      settings,
      log,
    })
  const read = ({ environment }: KafkaUser) =>
    readGroupOffsets({
      kafka: kafkaOf(environment),
      consumerGroup: 'readers',
      topics: ['known'],
      log,
    })

  await make(secure.admin, 'known')
  const describe = { resource: 'topic', name: 'known', operation: 'describe' } as const
  const group = { resource: 'group', name: 'readers', operation: 'describe' } as const
  const user = await secure.makeUser('reader', [describe, group])
  await eventually(async () => assert.equal((await read(user)).length, 1))
  await assert.rejects(make(user.environment, 'unknown'), 'it may not create')

  await user.withdraw(describe)
  await eventually(() => assert.rejects(read(user)))
  await user.allow(describe)
  await eventually(async () => assert.equal((await read(user)).length, 1))
  await assert.rejects(user.withdraw({ ...describe, operation: 'write' }), /did not have/)

  await assert.rejects(read(secure.plainUser), 'by PLAIN, and without any right')
  await secure.plainUser.allow(describe, group)
  await eventually(async () => assert.equal((await read(secure.plainUser)).length, 1))
  const stranger = { ...user.environment, KAFKA_SASL_PASSWORD: 'guessed' }
  await assert.rejects(read({ ...user, environment: stranger }), /[Aa]uthentication/)
})

function kafkaOf(environment: KafkaUser['environment']) {
  return kafkaConfigFrom({
    KAFKA_BROKERS: environment.KAFKA_BROKERS.split(','),
    KAFKA_CLIENT_ID: 'test',
    KAFKA_TLS_ENABLED: false,
    KAFKA_SASL_MECHANISM: environment.KAFKA_SASL_MECHANISM === 'plain' ? 'plain' : 'scram-sha-512',
    KAFKA_SASL_USERNAME: environment.KAFKA_SASL_USERNAME,
    KAFKA_SASL_PASSWORD: environment.KAFKA_SASL_PASSWORD,
  })
}
