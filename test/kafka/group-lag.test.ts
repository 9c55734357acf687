import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  createOperator,
  watchGroupLag,
  type KafkaConfig,
  type PartitionLag,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/service'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'error' })
const HOUR_MS = 3_600_000

test('the lag of a group is known without a member: by its commits, with age and time until deletion', async () => {
  await using shared = await servers()
  const brokers = shared.environment.KAFKA_BROKERS.split(',')
  const kafka: KafkaConfig = { brokers, clientId: 'test', isTlsEnabled: false, sasl: null }
  const operator = createOperator(kafka, log)
  const topic = `lag.${randomUUID().slice(0, 8)}`
  const consumerGroup = `${topic}.group`
  await operator.createTopic(topic, 2, { 'retention.ms': String(10 * HOUR_MS) })
  const put = (partition: number, count: number, ageMs: number) =>
    operator.produce(
      topic,
      Array.from({ length: count }, () => ({
        partition,
        key: 'k',
        value: 'v',
        timestampMs: Date.now() - ageMs,
      })),
    )
  await put(0, 10, 3 * HOUR_MS)
  await put(0, 1, 0)

  await using lag = watchGroupLag({ kafka, consumerGroup, topics: [topic, 'no.such.topic'], log })
  const of = (partition: number): PartitionLag => {
    const found = lag.partitions.find((each) => each.partition === partition)
    assert.ok(found !== undefined, `nothing known of partition ${partition}`)
    return found
  }
  // Nobody saw them come: the next greater age that is tried, 4 hours.
  await eventually(() => assert.equal(of(0).records, 11))
  assert.equal(Math.round(of(0).oldestUnreadSeconds / 60), 240)
  assert.equal(Math.round((of(0).retentionLeftSeconds ?? 0) / 60), 360)
  assert.deepEqual([of(1).records, of(1).oldestUnreadSeconds], [0, 0])

  await operator.setOffsets(consumerGroup, topic, new Map([[0, 10]]))
  await eventually(() => assert.equal(of(0).records, 1))
  assert.ok(of(0).oldestUnreadSeconds < 120, String(of(0).oldestUnreadSeconds))

  await operator.setOffsets(consumerGroup, topic, new Map([[0, 11]]))
  await eventually(() => assert.deepEqual([of(0).records, of(0).oldestUnreadSeconds], [0, 0]))
  assert.equal(of(0).retentionLeftSeconds, 10 * 3_600)

  // It came while we looked: its age is that, whatever its timestamp says.
  await put(0, 1, 9 * HOUR_MS)
  await eventually(() => assert.equal(of(0).records, 1))
  assert.ok(of(0).oldestUnreadSeconds < 20, String(of(0).oldestUnreadSeconds))

  await operator.addPartitions(topic, 3)
  await put(2, 4, 0)
  await eventually(() => assert.equal(of(2).records, 4))
})
