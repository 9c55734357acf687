import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { missingRecords, offsetRanges, rangesAhead, stillInDoubt } from './in-doubt.ts'

const record = (partition: number, offset: number) => ({
  partition,
  offset,
  timestampMs: 0,
  key: null,
  value: null,
  headers: {},
})

test('ranges reach from the first to the last offset of each partition, gaps included', () => {
  const records = [record(1, 5), record(0, 2), record(1, 9), record(1, 7)]
  assert.deepEqual(offsetRanges(records), [
    { partition: 1, from: 5, to: 9 },
    { partition: 0, from: 2, to: 2 },
  ])
})

test('missing and present records together are all records, each once', () => {
  const place = fc.record({ partition: fc.nat({ max: 2 }), offset: fc.nat({ max: 30 }) })
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { selector: ({ partition, offset }) => `${partition}/${offset}` }),
      fc.array(place),
      (places, there) => {
        const present = new Map<number, Set<number>>()
        for (const { partition, offset } of there) {
          present.set(partition, (present.get(partition) ?? new Set()).add(offset))
        }
        const records = places.map(({ partition, offset }) => record(partition, offset))
        const missing = new Set(missingRecords(records, present))
        for (const each of records) {
          assert.equal(missing.has(each), present.get(each.partition)?.has(each.offset) !== true)
        }
      },
    ),
  )
})

test('what is ahead reaches from the last record to the end of what is in doubt, if that is farther', () => {
  const records = [record(0, 1), record(0, 4), record(1, 3), record(2, 7)]
  const inDoubt = new Map([
    [0, 10],
    [1, 0],
    [3, 10],
  ])
  assert.deepEqual(rangesAhead(records, inDoubt), [{ partition: 0, from: 4, to: 9 }])
})

test('a partition is no longer in doubt when the table has neither its last record nor one ahead', () => {
  const records = [record(0, 1), record(0, 2), record(1, 1), record(1, 2), record(2, 1)]
  const present = new Map([
    [0, new Set([1, 2])],
    [1, new Set([1])],
  ])
  const ahead = new Map([[2, 5]])
  const notAsked = 3
  const inDoubt = new Map([0, 1, 2, notAsked].map((partition) => [partition, 10]))
  assert.deepEqual(stillInDoubt(records, { present, ahead }, inDoubt), new Set([0, 2, notAsked]))
})
