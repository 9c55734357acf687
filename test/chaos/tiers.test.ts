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
    const tier = tierOf(name, {}, () => true)
    assert.ok(tier.runs * tier.events >= events)
    assert.ok(tier.runs * tier.faults >= faults)
    assert.equal(tier.brokers, brokers)
    const kinds = new Set(scheduleOf(1, tier).map(({ kind }) => kind))
    assert.deepEqual([...kinds].toSorted(), [...tier.kinds].toSorted())
  })
}

test('only the smoke tier does without the long kinds; what cannot be done is named with its reason', () => {
  const all = tierOf('full', {}, () => true)
  assert.deepEqual(all.kinds, FAULT_KINDS)
  assert.deepEqual(all.leftOut, [])
  assert.ok(all.withDisks)

  const poor = tierOf('ci', {}, () => false)
  const reasons = Object.fromEntries(poor.leftOut.map(({ kind, why }) => [kind, why]))
  assert.match(reasons['broker_disk_loss'] ?? '', /--brokers 3/)
  assert.match(reasons['kafka_disk_full'] ?? '', /root/)
  assert.equal(poor.kinds.length + poor.leftOut.length, FAULT_KINDS.length)
  assert.ok(!poor.withDisks)

  const smoke = tierOf('smoke', {}, () => assert.fail('it fills no disk'))
  assert.ok(smoke.kinds.includes('refused_rows') && !smoke.kinds.includes('rebalance_storm'))
})

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

test('a run has as many shards as it is told, which share the partitions', () => {
  assert.equal(tierOf('smoke', {}).shards, 1)
  assert.equal(tierOf('smoke', { shards: 2 }).shards, 2)
  for (const shards of [0, 5, 1.5])
    assert.throws(() => tierOf('smoke', { shards }), /--shards is one of 1, 2, 3, 4, 6/)
})
