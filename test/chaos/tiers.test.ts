import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scheduleOf } from '../../chaos/run.ts'
import { FAULT_KINDS } from '../../chaos/schedule.ts'
import { tierOf } from '../../chaos/tiers.ts'

for (const { name, events, faults, brokers } of [
  { name: 'smoke', events: 100_000, faults: 20, brokers: 1 },
  { name: 'ci', events: 500_000, faults: 120, brokers: 1 },
  { name: 'full', events: 3_000_000, faults: 600, brokers: 3 },
]) {
  test(`tier ${name} has ${events} events and ${faults} faults at least, on ${brokers} brokers, each kind once`, () => {
    const tier = tierOf(name, {})
    assert.ok(tier.runs * tier.events >= events)
    assert.ok(tier.runs * tier.faults >= faults)
    assert.equal(tier.brokers, brokers)
    const kinds = new Set(scheduleOf(1, tier).map(({ kind }) => kind))
    assert.deepEqual([...kinds].toSorted(), [...FAULT_KINDS].toSorted())
  })
}

test('load comes before the first fault, and after the last', () => {
  const tier = tierOf('smoke', {})
  const times = scheduleOf(3, tier).map(({ atMs }) => atMs)
  assert.ok(Math.min(...times) >= 5_000)
  assert.ok(Math.max(...times) < tier.sendMs)
})

test('what is given on the command line goes before the tier', () => {
  const tier = tierOf('ci', { events: 7, faults: 2, minutes: 0.5, runs: 1, drainSeconds: 9 })
  const { events, faults, sendMs, runs, drainMs } = tier
  assert.deepEqual([events, faults, sendMs, runs, drainMs], [7, 2, 30_000, 1, 9_000])
  assert.throws(() => tierOf('huge', {}), /smoke, ci, full/)
  assert.throws(() => tierOf('ci', { kinds: 'nothing' }), /nothing/)
})
