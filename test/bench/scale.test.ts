import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptFigures } from '../../bench/pages.ts'
import { RATES } from '../../bench/scale/inputs.ts'
import { limitsTable } from '../../bench/scale/limits.ts'
import { machinesFor } from '../../bench/scale/machines.ts'
import { costsOf, type Costs } from '../../bench/sizing.ts'

/** Every part takes 10 µs of an event; a process has 100,000 events a second. */
const COSTS: Costs = {
  micros: { single: 10, batched: 10, produced: 10, consumer: 10, fetched: 10, clickhouse: 10 },
  perSecond: { single: 100_000, batched: 100_000, consumer: 100_000 },
}

test('machines are what can be summed by hand', () => {
  const { ingest, consumers, partitions, shards, brokers, brokersFor } = machinesFor(
    1_000_000,
    COSTS,
  )
  assert.equal(ingest, 20 + 1) // 1,000,000 × 10 µs at half use, and one to spare
  assert.equal(shards, 8) // 600,000 × 74.2 bytes in 90 days are 346 TB, 44.8 on each
  assert.equal(consumers, 24) // 125,000 for each shard, by consumers of 50,000
  assert.equal(partitions, 48) // twice the consumers, a multiple of the shards
  const small = machinesFor(100_000, COSTS)
  assert.deepEqual([small.shards, small.consumers, small.partitions], [1, 2, 12]) // in twelves
  // (3 × 10 + 10 µs) × 1,000,000 at half use are 80 cores, five brokers of sixteen; 135.3 TB on 5.6 are 25.
  assert.deepEqual([brokers, brokersFor], [25, 'disk'])
  const { kafkaTerabytes, inGigabits, kafkaGigabits } = machinesFor(100_000, COSTS)
  assert.equal(kafkaTerabytes.toFixed(2), ((60_000 * 290 * 168 * 3_600 * 3) / 1e12).toFixed(2))
  assert.equal(inGigabits.toFixed(4), ((100_000 * 357 * 8) / 1e9).toFixed(4))
  assert.equal(kafkaGigabits.toFixed(3), ((100_000 * 290 * 3 * 8) / 1e9).toFixed(3))
})

test('with what was measured, more events never need fewer machines, and no more partitions than there may be', () => {
  const costs = costsOf(keptFigures('ingest'), keptFigures('consumer'))
  const all = RATES.map((rate) => machinesFor(rate, costs))
  for (const [index, { partitions, brokers, consumers, ingest, shards, money }] of all.entries()) {
    const less = all[index - 1]
    assert.ok(partitions <= 1_000 && partitions % shards === 0 && consumers >= shards)
    if (less === undefined) continue
    assert.ok(brokers >= less.brokers && consumers >= less.consumers && ingest >= less.ingest)
    assert.ok(shards >= less.shards && money > less.money)
  }
})

test('limits are told in the order in which a growing site meets them', () => {
  const rates = limitsTable(COSTS).rows.map(([rate]) => Number(rate))
  assert.deepEqual(
    rates,
    rates.toSorted((one, other) => one - other),
  )
  assert.ok(rates.every((rate) => rate > 0))
})
