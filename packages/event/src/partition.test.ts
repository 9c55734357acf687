import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wrongAccount } from './contract/event-schema.ts'
import {
  murmur2,
  partitionOf,
  partitionOfEvent,
  partitionOfHashed,
  partitionOfSplit,
  splitAccounts,
  type Identity,
} from './partition.ts'

test("murmur2 gives the values of Kafka's own tests", () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  const vectors: readonly (readonly [string, number])[] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [text, hash] of vectors) assert.equal(murmur2(Buffer.from(text)), hash, text)
})

test('a partition is always within the count, and the same for the same account', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 10_000 }), (id, count) => {
      const partition = partitionOf(id, count)
      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < count)
      assert.equal(partitionOf(id, count), partition)
    }),
  )
})

test('accounts spread over all partitions', () => {
  const used = new Set(Array.from({ length: 500 }, (_, at) => partitionOf(`account_${at}`, 12)))
  assert.equal(used.size, 12)
})

const sold: Identity = { group_id: 'account_1', event: 'sold', timestamp: 1_769_850_600_000, event_id: 'e-1' } // prettier-ignore

test('the partition of an event of a split account follows from its identity, for ever', () => {
  // Another place for the same event would break last-copy-wins: who changes this table makes a new generation.
  const rows = [
    [{}, 12, 1, 1],
    [{ event_id: 'e-2' }, 12, 1, 3],
    [{ event: 'bought' }, 12, 1, 8],
    [{ timestamp: 1_769_850_600_001 }, 12, 1, 10],
    [{ event_id: 'ü' }, 12, 1, 3],
    [{}, 12, 4, 6],
    [{ event_id: 'e-2' }, 12, 4, 2],
    [{}, 4, 4, 2],
  ] as const
  for (const [change, partitions, shards, expected] of rows) {
    const event = { ...sold, ...change }
    const hash = murmur2(Buffer.from(event.group_id))
    const found = partitionOfSplit(hash, event, { partitions, shards })
    assert.equal(found, expected, JSON.stringify([change, partitions, shards]))
  }
})

const identities = fc.record({
  group_id: fc.string({ unit: 'binary', minLength: 1 }),
  event: fc.string({ minLength: 1 }),
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  event_id: fc.string({ unit: 'binary', minLength: 1 }),
})

test('copies of an event share a partition, of the shard that its account has in every generation', () => {
  const counts = fc.record({
    shards: fc.integer({ min: 1, max: 64 }),
    before: fc.integer({ min: 1, max: 20 }),
    after: fc.integer({ min: 1, max: 20 }),
  })
  fc.assert(
    fc.property(identities, counts, (event, { shards, before, after }) => {
      const split = splitAccounts([event.group_id, 'another'], shards)
      const partitions = after * shards
      const found = partitionOfEvent(event, { partitions, split })
      assert.ok(Number.isInteger(found) && found >= 0 && found < partitions)
      assert.equal(partitionOfEvent({ ...event }, { partitions, split }), found)
      assert.equal(partitionOfHashed(murmur2(Buffer.from(event.group_id)), event, { partitions, split }), found) // prettier-ignore
      assert.equal(found % shards, partitionOf(event.group_id, before * shards) % shards)
    }),
  )
})

test('an account that is not split has one partition, also with the hash of one that is', () => {
  const split = splitAccounts(['account_1', 'account_2'], 1)
  const alike = { ids: new Set(['another']), hashes: new Set([murmur2(Buffer.from('account_3'))]), shards: 1 } // prettier-ignore
  for (const index of Array.from({ length: 50 }, (_, at) => at)) {
    const event = { ...sold, group_id: 'account_3', event_id: `e-${index}` }
    for (const each of [undefined, split, alike])
      assert.equal(partitionOfEvent(event, { partitions: 12, split: each }), partitionOf('account_3', 12)) // prettier-ignore
  }
})

test('a split account fills the partitions of its shard evenly, and no other', () => {
  for (const shards of [1, 4]) {
    const split = splitAccounts(['account_1'], shards)
    const counts = new Map<number, number>()
    for (const index of Array.from({ length: 6_000 }, (_, at) => at)) {
      const partition = partitionOfEvent({ ...sold, event_id: `e-${index}` }, { partitions: 12, split }) // prettier-ignore
      counts.set(partition, (counts.get(partition) ?? 0) + 1)
    }
    const even = (6_000 * shards) / 12
    assert.equal(counts.size, 12 / shards)
    for (const count of counts.values()) assert.ok(Math.abs(count - even) < even / 5, `${count}`)
  }
})

test('what nobody may be called is no account that can be split', () => {
  for (const id of ['a', 'ü'.repeat(256), '😀'.repeat(256)]) assert.equal(wrongAccount(id), null)
  for (const id of ['', 'a'.repeat(257), 'a\n', '\u0085']) assert.notEqual(wrongAccount(id), null)
})
