import assert from 'node:assert/strict'
import { test } from 'node:test'
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import { startReading } from './start-reading.ts'

const topic = 'events'

/** A member of kafkajs with three partitions, without a connection. */
function member(): ConsumerGroup {
  const logger = { namespace: () => logger, info: () => {} }
  const group = new ConsumerGroup({ logger, topics: [topic] })
  group.subscriptionState.assign([{ topic, partitions: [0, 1, 2] }])
  group.offsetManager = { committedOffsets: () => ({}), resolveOffset: () => {} }
  return group
}

const from = (...partitions: readonly number[]) =>
  partitions.map((partition) => ({ topic, partition, offset: 7 }))

test('a partition that rested when its assignment ended is read under the next one', () => {
  const group = member()
  startReading(group, from(0, 1, 2))
  group.pause([{ topic, partitions: [1] }])
  startReading(group, from(0, 1, 2))
  assert.deepEqual(group.paused(), [])
})

test('a partition without a position is not read, and is as soon as it has one', () => {
  const group = member()
  startReading(group, from(0, 2))
  assert.deepEqual(group.paused(), [{ topic, partitions: [1] }])
  startReading(group, from(0, 1, 2))
  assert.deepEqual(group.paused(), [])
})
