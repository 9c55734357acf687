import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantiles, weatherOf } from '../../chaos/freshness.ts'

const faults = [{ startedAtMs: 100_000, endedAtMs: 110_000 }]

for (const { accepted, inserted, weather } of [
  { accepted: 50_000, inserted: 51_000, weather: 'healthy' },
  { accepted: 99_000, inserted: 100_000, weather: 'in fault' },
  { accepted: 99_000, inserted: 120_000, weather: 'in fault' },
  { accepted: 105_000, inserted: 106_000, weather: 'in fault' },
  { accepted: 110_001, inserted: 111_000, weather: 'after heal' },
  { accepted: 124_999, inserted: 126_000, weather: 'after heal' },
  { accepted: 125_001, inserted: 126_000, weather: 'healthy' },
]) {
  test(`accepted at ${accepted} and inserted at ${inserted} ms is ${weather}`, () => {
    assert.equal(weatherOf(accepted, inserted, faults), weather)
  })
}

test('quantiles of nothing are of no event', () => {
  assert.deepEqual(quantiles([]), { events: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0 })
  const { p50Ms, p99Ms } = quantiles(Array.from({ length: 100 }, (_, n) => 99 - n))
  assert.deepEqual([p50Ms, p99Ms], [50, 99])
})
