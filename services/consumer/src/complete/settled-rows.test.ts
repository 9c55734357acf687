import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsOfHolding, type Look } from './settled-rows.ts'

const LOG = { clusterId: 'c', topic: 't', topicId: 'one' }
const at = (partition: number, offset: number) => ({ topic: 't', partition, offset })
const ends = (...found: (number | null)[]) =>
  found.map((end, partition) => ({ topic: 't', partition, end }))

function holding(...offsets: number[]) {
  const positions = new Map(offsets.map((offset, n) => [`t/${n}`, at(n, offset)]))
  const rows = rowsOfHolding({ logs: [{ ...LOG, generation: 4 }], positions })
  const look = (atMs: number, found: Look['ends'], logs: Look['logs'] = [LOG]) =>
    rows.rows({ before: rows.before(), atMs, ends: found, logs })
  return { positions, rows, look }
}

test('a partition is complete until the time asked for before its end was', () => {
  const { positions, look } = holding(5, 7)
  const first = look(1_000, ends(5, 9))
  assert.deepEqual(
    first.map((row) => [row.partition, row.nextOffset, row.completeUntilMs]),
    [
      [0, 5, 1_000],
      [1, 7, 0],
    ],
  )
  positions.set('t/1', at(1, 9))
  const second = look(2_000, ends(5, 12))
  assert.deepEqual(
    second.map((row) => row.completeUntilMs),
    [2_000, 1_000],
  )
})

test('a topic that was made anew under its name says nothing of the old log', () => {
  const { look } = holding(100)
  assert.deepEqual(look(1_000, ends(3), [{ ...LOG, topicId: 'two' }]), [])
  assert.deepEqual(look(1_000, ends(3), [{ ...LOG, clusterId: 'other' }]), [])
  assert.deepEqual(look(1_000, ends(3), []), [])
})

test('a partition whose leader does not tell its end stays where it is', () => {
  const { look } = holding(5)
  assert.equal(look(1_000, ends(null))[0]?.completeUntilMs, 0)
})

test('partitions of others are told to be there with each look, and complete only where nothing was ever written', () => {
  const { look } = holding(5)
  assert.equal(look(1_000, ends(5, 0, 8)).length, 3)
  const rows = look(2_000, ends(5, 0, 8, null))
  assert.deepEqual(
    rows.map((row) => [row.partition, row.completeUntilMs, row.recordedAtMs]),
    [
      [0, 2_000, 2_000],
      [1, 2_000, 0],
      [2, 0, 0],
      [3, 0, 0],
    ],
  )
})

test('a partition of ours that the broker has not heard of yet holds the view', () => {
  const { look } = holding(5, 0)
  const rows = look(1_000, ends(5))
  assert.deepEqual(
    rows.map((row) => [row.partition, row.completeUntilMs, row.recordedAtMs]),
    [
      [0, 1_000, 1_000],
      [1, 0, 1_000],
    ],
  )
})

test('what was gone before it was read is told, by the highest offset', () => {
  const { rows, look } = holding(5)
  for (const offset of [3, 4, 2]) rows.lost(at(0, offset))
  assert.equal(look(1_000, ends(5))[0]?.lostBefore, 4)
})

test('a log that was cut below what was read of it says so for good: what it is given there is never read', () => {
  const { look } = holding(100)
  const [cut] = look(1_000, ends(60))
  assert.deepEqual([cut?.completeUntilMs, cut?.lostBefore], [0, 100])
  const [grown] = look(2_000, ends(100))
  assert.deepEqual([grown?.completeUntilMs, grown?.lostBefore], [2_000, 100])
})

test('what is settled between the look at the end and the row is no cut log', () => {
  const { rows, positions } = holding(5)
  const before = rows.before()
  positions.set('t/0', at(0, 9))
  const [made] = rows.rows({ before, atMs: 1_000, ends: ends(7), logs: [LOG] })
  assert.deepEqual([made?.completeUntilMs, made?.lostBefore], [1_000, 0])
})
