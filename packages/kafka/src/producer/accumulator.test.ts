import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAccumulator, sizeOf, type Accumulator, type PartitionBatch } from './accumulator.ts'
import type { Delivery } from './deliveries.ts'
import type { OutgoingRecord } from '../records.ts'

const FRAME_BYTES = sizeOf({ topic: 't', partition: 0, key: null, value: null })
const maxBatchBytes = 100 + 3 * FRAME_BYTES
const limits = { maxBatchRecords: 3, limitOf: () => ({ fillBytes: maxBatchBytes }) }

const delivery = (isOver = false): Delivery => ({ deadlineMs: 0, isOver, settle: () => {} })

/** Its value says which it is, in so many bytes. */
const record = (partition: number, id: number, bytes = 10): OutgoingRecord => ({
  topic: 't',
  partition,
  key: null,
  value: Buffer.from(String(id).padStart(bytes, '0')),
})

function append(accumulator: Accumulator, records: readonly OutgoingRecord[], isOver = false) {
  accumulator.append(records, delivery(isOver))
}

const idsOf = (batch: PartitionBatch | undefined) =>
  batch?.records.map(({ value }) => Number(value?.toString()))

test('a partition has at most one batch unacknowledged, and goes on after its release', () => {
  const accumulator = createAccumulator(limits)
  for (const id of [1, 2, 3, 4]) append(accumulator, [record(0, id)])
  const [first] = accumulator.takeReady()
  assert.deepEqual(idsOf(first), [1, 2, 3])
  assert.deepEqual(accumulator.takeReady(), [])
  if (first !== undefined) accumulator.release(first)
  const [second] = accumulator.takeReady()
  assert.deepEqual(idsOf(second), [4])
})

test('a record larger than a whole batch is sent alone rather than never', () => {
  const accumulator = createAccumulator(limits)
  append(accumulator, [record(0, 1, 5_000), record(0, 2)])
  assert.deepEqual(idsOf(accumulator.takeReady()[0]), [1])
})

test('a record nobody waits for is dropped and its bytes are given back', () => {
  const accumulator = createAccumulator(limits)
  append(accumulator, [record(0, 1), record(0, 2), record(0, 3), record(0, 4)], true)
  assert.deepEqual(accumulator.takeReady(), [])
  assert.equal(accumulator.bufferedBytes, 0)
  assert(accumulator.isEmpty)
})

test('those that nobody waits for leave the others of their batch where they are', () => {
  const accumulator = createAccumulator(limits)
  append(accumulator, [record(0, 1)], true)
  append(accumulator, [record(1, 2), record(0, 3)])
  const [batch] = accumulator.takeReady()
  assert.deepEqual(idsOf(batch), [3])
  assert.deepEqual(batch?.indices, [1], 'still the second record of its call')
  assert.equal(batch?.bytes, sizeOf(record(0, 3)))
})

test('a full batch of a partition that waits for its acknowledgement is full when it is released', () => {
  const accumulator = createAccumulator(limits)
  append(accumulator, [record(0, 1)])
  assert.equal(accumulator.hasFullBatch, false)
  const [first] = accumulator.takeReady()
  append(accumulator, [record(0, 2), record(0, 3), record(0, 4)])
  assert.equal(accumulator.hasFullBatch, false, 'sending others would not help it')
  assert.ok(first)
  accumulator.release(first)
  assert.equal(accumulator.hasFullBatch, true)
  assert.deepEqual(idsOf(accumulator.takeReady()[0]), [2, 3, 4])
  assert.equal(accumulator.hasFullBatch, false)
})

test('a batch is full by its records or by its bytes', () => {
  for (const records of [
    [record(0, 1), record(0, 2), record(0, 3)],
    [record(0, 1, 120), record(0, 2, 120)],
    [record(0, 1, 300), record(0, 2)],
  ]) {
    const accumulator = createAccumulator(limits)
    append(accumulator, records)
    assert.ok(accumulator.hasFullBatch)
  }
})

test('whatever the traffic, each partition keeps its order, limits hold, and bytes return to 0', () => {
  const step = fc.oneof(
    fc.record({ partition: fc.nat(3), bytes: fc.integer({ min: 3, max: 200 }) }),
    fc.constant('send' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const accumulator = createAccumulator(limits)
      const sent = new Map<number, number[]>()
      const appended = new Map<number, number[]>()
      const send = (): void => {
        for (const batch of accumulator.takeReady()) {
          const bytes = batch.records.reduce((sum, each) => sum + sizeOf(each), 0)
          assert.equal(batch.bytes, bytes)
          assert(batch.records.length <= limits.maxBatchRecords)
          assert(batch.records.length === 1 || bytes <= maxBatchBytes)
          const ids = idsOf(batch) ?? []
          sent.set(batch.partition, [...(sent.get(batch.partition) ?? []), ...ids])
          accumulator.release(batch)
        }
      }
      for (const [id, action] of steps.entries()) {
        if (action === 'send') send()
        else {
          append(accumulator, [record(action.partition, id, action.bytes)])
          appended.set(action.partition, [...(appended.get(action.partition) ?? []), id])
        }
      }
      while (!accumulator.isEmpty) send()
      assert.deepEqual(sent, sortedLike(appended, sent))
      assert.equal(accumulator.bufferedBytes, 0)
    }),
  )
})

/** The same entries in the order of `like`, so that only the content is compared. */
function sortedLike<V>(map: Map<number, V>, like: Map<number, V>): Map<number, V | undefined> {
  assert.equal(map.size, like.size)
  return new Map([...like.keys()].map((key) => [key, map.get(key)]))
}
