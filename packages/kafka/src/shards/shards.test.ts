import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { groupOfShard, groupsOfShards, readByShard, shardOfPartition } from './shards.ts'

test('every partition is of one shard, in turn', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((p) => shardOfPartition(p, 3)), [1, 2, 3, 1, 2, 3]) // prettier-ignore
})

test('a shard reads its partitions of every topic, and all of those that every shard needs', () => {
  const read = (shard: number, shards: number, topic: string): readonly number[] => {
    const isRead = readByShard({ shard, shards }, ['keys'])
    return [0, 1, 2, 3, 4, 5].filter((partition) => isRead({ topic, partition }))
  }
  assert.deepEqual(read(2, 3, 'tracked'), [1, 4])
  assert.deepEqual(read(2, 3, 'keys'), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(read(1, 1, 'tracked'), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(read(8, 8, 'tracked'), [], 'there may be fewer partitions than shards')
})

test('an account is on the same shard in every generation of the topic', () => {
  const account = fc.record({
    hash: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    shards: fc.integer({ min: 1, max: 64 }),
    before: fc.integer({ min: 1, max: 12 }),
    after: fc.integer({ min: 1, max: 12 }),
  })
  fc.assert(
    fc.property(account, ({ hash, shards, before, after }) => {
      const in1 = shardOfPartition(hash % (before * shards), shards)
      const in2 = shardOfPartition(hash % (after * shards), shards)
      assert.equal(in1, in2)
    }),
  )
})

test('each shard has a consumer group of its own, and the only one keeps its name', () => {
  assert.equal(groupOfShard('g', { shard: 1, shards: 1 }), 'g')
  assert.equal(groupOfShard('g', { shard: 2, shards: 3 }), 'g.shard-2-of-3')
  assert.deepEqual(groupsOfShards('g', 1), ['g'])
  assert.deepEqual(groupsOfShards('g', 2), ['g.shard-1-of-2', 'g.shard-2-of-2'])
})
