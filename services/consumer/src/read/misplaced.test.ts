import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import { shardOfPartition } from '@custom-events/kafka'
import { createConsumerMetrics } from '../metrics.ts'
import { createObservers } from '../observe.ts'
import { countMisplaced } from './misplaced.ts'

const accounts = Array.from({ length: 50 }, (_, index) => `account_${index}`)
const records = accounts.map((account) => ({ key: Buffer.from(account) }))

test('what ingest places is of the shard that reads it, with any number of partitions', () => {
  for (const shards of [1, 2, 3, 7]) {
    for (let shard = 1; shard <= shards; shard++) {
      const isRead = (account: string): boolean =>
        shardOfPartition(partitionOf(account, 5 * shards), shards) === shard
      const own = records.filter((_, index) => isRead(accounts[index] ?? ''))
      assert.ok(own.length > 0)
      assert.equal(countMisplaced(own, { shard, shards }), 0)
      const all = [...records, { key: null }]
      assert.equal(countMisplaced(all, { shard, shards }), records.length - own.length)
    }
  }
})

test('they are counted of events where there are several shards, and of nothing else', async () => {
  const countedBy = async (table: 'events' | 'dead_letters', shards: number): Promise<string> => {
    const metrics = createConsumerMetrics()
    const { consume } = createObservers({
      metrics,
      shard: { shard: 1, shards },
      completeness: { assigned: () => {}, moved: () => {}, lost: () => {} },
      log: { debug: () => {}, warn: () => {} },
    } as unknown as Parameters<typeof createObservers>[0]) // of the rest nothing is used for it
    const none = { inserted: 0, alreadyThere: 0, refused: 0, erased: 0, undecodable: {} }
    type Told = Parameters<typeof consume.settled>
    const [route, batch, settled] = [
      { table },
      { records },
      { ...none, oldestMs: null },
    ] as unknown[]
    consume.settled(route as Told[0], 'age', batch as Told[2], settled as Told[3])
    const { text } = await metrics.expose()
    return /^custom_events_misplaced_records_total (\d+)$/m.exec(text)?.[1] ?? ''
  }
  const wrong = accounts.filter((account) => partitionOf(account, 2) === 1).length
  assert.equal(await countedBy('events', 2), String(wrong))
  assert.equal(await countedBy('events', 1), '0')
  assert.equal(await countedBy('dead_letters', 2), '0')
})
