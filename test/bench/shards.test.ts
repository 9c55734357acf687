import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shardFigures } from '../../bench/consumer/shards.ts'

test('two shards are told against one, and against two consumers of one, and with a core each; with the cores that all used', () => {
  const { tables, ratios, notes } = shardFigures(
    [
      ['one shard, one consumer', 100_000, 10, 3, 6, 1, 300],
      ['one shard, two consumers', 120_000, 12, 4, 7, 1, 500],
      ['two shards, a consumer each', 150_000, 12.5, 4, 7, 1.5, 600],
      ['one shard on one core', 60_000, 10, 3, 6, 1, 300],
      ['two shards, a core each', 108_000, 12, 4, 7, 1, 600],
    ],
    ['on this machine'],
  )
  assert.deepEqual(
    tables[0]?.rows.map((row) => row.at(-1)),
    [1, 1.44, 1.88, 0.6, 1.3],
  )
  assert.deepEqual(ratios, {
    'rows/s, two shards against one, a core each': 1.8,
    'rows/s, two shards against one': 1.5,
    'rows/s, two shards against two consumers of one': 1.25,
    'rows per CPU-second, two shards against one': 0.8,
  })
  assert.match(notes.join(' '), /on this machine.* shared one Kafka/)
})
