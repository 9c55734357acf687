import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createTopics, demandReplicas, type KafkaConfig } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { settingsOf } from '../../packages/kafka/src/testing/topic-settings.fixture.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'error' })

test('asking for more replicas leaves the other settings of a topic as they are', async () => {
  await using shared = await servers()
  const brokers = shared.environment.KAFKA_BROKERS.split(',')
  const kafka: KafkaConfig = { brokers, clientId: 'test', isTlsEnabled: false, sasl: null }
  const topic = `admin.${randomUUID().slice(0, 8)}`
  const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }
  await createTopics({ kafka, partitionCountByTopic: { [topic]: 1 }, settings, log })
  const before = await settingsOf(brokers, topic)
  assert.equal(before['retention.ms'], '3600000')
  for (const minInsyncReplicas of [9, 1]) {
    await demandReplicas({ kafka, topic, minInsyncReplicas, log })
    const wanted = { ...before, 'min.insync.replicas': String(minInsyncReplicas) }
    // The controller has it before the broker that is asked.
    await eventually(async () => assert.deepEqual(await settingsOf(brokers, topic), wanted))
  }
})
