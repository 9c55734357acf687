import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchedRecords } from '@custom-events/kafka'
import { openBatch } from './batch.ts'

const limits = () => ({ maxRows: 10, maxBytes: 1_000, maxAgeMs: 500 })

function fetched(from: number, next: number, more: Partial<FetchedRecords> = {}): FetchedRecords {
  const partition = more.partition ?? 0
  const records = Array.from({ length: next - from }, (_, index) => ({
    partition,
    offset: from + index,
    timestampMs: 0,
    key: null,
    value: null,
    headers: {},
  }))
  return { topic: 't', partition, from, next, records, bytes: 10, ...more }
}

test('a batch is closed by rows, then bytes, then age, and never while empty', () => {
  const triggers = [
    [fetched(0, 10), 0, 'rows'],
    [fetched(0, 1, { bytes: 1_000 }), 0, 'bytes'],
    [fetched(0, 1), 500, 'age'],
    [fetched(0, 1), 499, null],
    [fetched(0, 10, { bytes: 5_000 }), 900, 'rows'],
  ] as const
  for (const [records, ageMs, expected] of triggers) {
    const batch = openBatch('t', limits)
    assert.equal(batch.due(1_000_000), null)
    batch.add(records, 100)
    assert.equal(batch.due(100 + ageMs), expected)
  }
})

test('the age is that of the first record, and time left never falls below 0', () => {
  const batch = openBatch('t', limits)
  assert.equal(batch.msLeft(0), Infinity)
  batch.add(fetched(0, 1), 100)
  batch.add(fetched(1, 2), 400)
  assert.equal(batch.msLeft(500), 100)
  assert.equal(batch.msLeft(9_000), 0)
})

test('closing gives the ends of every partition, control records included, and starts anew', () => {
  const batch = openBatch('t', limits)
  batch.add(fetched(5, 7), 0)
  batch.add(fetched(3, 4, { partition: 1, next: 6 }), 0) // offsets 4 and 5 are control records
  batch.add(fetched(7, 8), 0)
  const closed = batch.close()
  assert.deepEqual(closed?.ends, [
    { topic: 't', partition: 0, offset: 8 },
    { topic: 't', partition: 1, offset: 6 },
  ])
  assert.equal(closed?.records.length, 4)
  assert.equal(closed?.bytes, 30)
  assert.equal(batch.close(), null)
})

test('a gap is refused within a batch and between two', () => {
  const batch = openBatch('t', limits)
  batch.add(fetched(0, 2), 0)
  assert.throws(() => batch.add(fetched(3, 4), 0), /from 3 follow 2/)
  batch.close()
  assert.throws(() => batch.add(fetched(1, 4), 0), /from 1 follow 2/)
  batch.add(fetched(2, 4), 0)
})

test('a full batch is made into a block ahead, once; it stays due and takes nothing more', () => {
  let maxRows = 2
  const batch = openBatch('t', () => ({ ...limits(), maxRows }))
  const blocks: number[] = []
  const encode = (records: readonly unknown[]) => {
    blocks.push(records.length)
    return {
      block: Buffer.alloc(7),
      rows: records.length,
      undecodable: [],
      time: { minMs: 0, maxMs: 0 },
    }
  }
  batch.add(fetched(0, 1), 0)
  assert.equal(batch.encodeAhead(encode), 0, 'not full')
  batch.add(fetched(1, 2), 0)
  assert.equal(batch.encodeAhead(encode), 7)
  assert.equal(batch.encodeAhead(encode), 0, 'already made')
  maxRows = 10
  assert.deepEqual([batch.isFull(), batch.due(0)], [true, 'rows'])
  assert.throws(() => batch.add(fetched(2, 3), 0), /whose block is made/)
  assert.equal(batch.close()?.encoded?.rows, 2)
  assert.deepEqual(blocks, [2])
  batch.add(fetched(2, 3), 0)
  assert.equal(batch.close()?.encoded, null)
})
