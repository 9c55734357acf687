import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAccumulator, type PendingRecord } from './accumulator.ts'

const limits = { maxBatchRecords: 3, maxBatchBytes: 100 }

function pending(partition: number, id: number, bytes = 10, isAbandoned = false): PendingRecord {
  const record = { topic: 't', partition, key: null, value: Buffer.from(String(id)) }
  return { record, bytes, isAbandoned: () => isAbandoned, settle: () => {} }
}

const idOf = ({ record }: PendingRecord): number => Number(record.value?.toString())

test('a partition has at most one batch unacknowledged, and goes on after its release', () => {
  const accumulator = createAccumulator(limits)
  for (const id of [1, 2, 3, 4]) accumulator.append(pending(0, id))
  const [first] = accumulator.takeReady()
  assert.deepEqual(first?.records.map(idOf), [1, 2, 3])
  assert.deepEqual(accumulator.takeReady(), [])
  if (first !== undefined) accumulator.release(first)
  const [second] = accumulator.takeReady()
  assert.deepEqual(second?.records.map(idOf), [4])
})

test('a record larger than a whole batch is sent alone rather than never', () => {
  const accumulator = createAccumulator(limits)
  accumulator.append(pending(0, 1, 500))
  accumulator.append(pending(0, 2))
  assert.deepEqual(accumulator.takeReady()[0]?.records.map(idOf), [1])
})

test('a record nobody waits for is dropped and its bytes are given back', () => {
  const accumulator = createAccumulator(limits)
  accumulator.append(pending(0, 1, 10, true))
  assert.deepEqual(accumulator.takeReady(), [])
  assert.equal(accumulator.bufferedBytes, 0)
  assert(accumulator.isEmpty)
})

test('whatever the traffic, each partition keeps its order, limits hold, and bytes return to 0', () => {
  const step = fc.oneof(
    fc.record({ partition: fc.nat(3), bytes: fc.integer({ min: 1, max: 60 }) }),
    fc.constant('send' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const accumulator = createAccumulator(limits)
      const sent = new Map<number, number[]>()
      const appended = new Map<number, number[]>()
      const send = (): void => {
        for (const batch of accumulator.takeReady()) {
          const bytes = batch.records.reduce((sum, record) => sum + record.bytes, 0)
          assert(batch.records.length <= limits.maxBatchRecords)
          assert(batch.records.length === 1 || bytes <= limits.maxBatchBytes)
          const ids = batch.records.map(idOf)
          sent.set(batch.partition, [...(sent.get(batch.partition) ?? []), ...ids])
          accumulator.release(batch)
        }
      }
      for (const [id, action] of steps.entries()) {
        if (action === 'send') send()
        else {
          accumulator.append(pending(action.partition, id, action.bytes))
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
