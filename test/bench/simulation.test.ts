// The simulation against sums that can be done by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyFlow, flowOn, secondsToLoss, type Second } from '../../bench/scale/simulation/flow.ts'
import { simulateDay } from '../../bench/scale/simulation/day.ts'
import { caughtUpAfter } from '../../bench/scale/simulation/report.ts'
import {
  DAY_FAULTS,
  dayCurve,
  traffic,
  type Scenario,
} from '../../bench/scale/simulation/scenario.ts'

const steady = { made: 100, takes: 1_000, holds: 200, inserts: 100, retentionSeconds: 50 }

const SCENARIO: Scenario = {
  seed: 7,
  peak: 1_000,
  partitions: 12,
  consumerRows: 500,
  clickhouseRows: 3_000,
  takes: 5_000,
  holdsSeconds: 2,
  retentionSeconds: 86_400,
  delaySeconds: { least: 0.4, most: 1.3 },
  rebalanceSeconds: { least: 2, most: 6 },
  pollPhaseSeconds: 7,
  faults: DAY_FAULTS,
}

/** @returns what is there after so many seconds of the same. */
function after(seconds: number, now: Partial<Second>, flow = emptyFlow(), from = 0) {
  for (let second = from; second < from + seconds; second++) {
    flowOn(flow, { ...steady, ...now, second })
  }
  return flow
}

test('a load above what is inserted makes the lag grow by the difference, each second', () => {
  for (const seconds of [1, 10, 40]) assert.equal(after(seconds, { inserts: 70 }).lag, 30 * seconds)
  assert.equal(after(40, { inserts: 100 }).lag, 0)
})

test('an outage of T at rate r is caught up after r × T ÷ (c − r)', () => {
  const flow = after(30, { inserts: 0 })
  let seconds = 0
  for (; flow.lag > 0; seconds++) after(1, { inserts: 250 }, flow, 30 + seconds)
  assert.equal(seconds, (100 * 30) / (250 - 100))
})

test('ingest holds its budget, refuses what is more, and clients send it again', () => {
  const flow = after(5, { takes: 0 })
  assert.deepEqual([flow.held, flow.refused], [200, 300])
  after(1, { takes: 1_000 }, flow, 5)
  assert.deepEqual([flow.held, flow.refused], [0, 0])
  assert.equal(flow.lag + flow.inserted, 600)
})

test('seconds to loss run down one by one, then Kafka deletes as much as comes', () => {
  const flow = emptyFlow()
  for (let second = 0; second < 60; second++) {
    const now = { ...steady, inserts: 0, second }
    flowOn(flow, now)
    assert.equal(secondsToLoss(flow, now), Math.max(50 - second, 1), `second ${second}`)
    assert.equal(flow.lost, 100 * Math.max(0, second - 49), `second ${second}`)
  }
})

test('no event is ever more or fewer than were made', () => {
  const amount = fc.integer({ min: 0, max: 500 })
  const seconds = fc.array(
    fc.record({ made: amount, takes: amount, holds: amount, inserts: amount }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(seconds, fc.integer({ min: 1, max: 30 }), (all, retentionSeconds) => {
      const flow = emptyFlow()
      let made = 0
      for (const [second, now] of all.entries()) {
        flowOn(flow, { ...now, second, retentionSeconds })
        made += now.made
        assert.equal(flow.held + flow.refused + flow.lag + flow.inserted + flow.lost, made)
        for (const part of [flow.held, flow.refused, flow.inserted, flow.lost]) assert.ok(part >= 0)
      }
    }),
  )
})

test('a day has its quietest second at 4 and its busiest at 16, and the same seed is the same day', () => {
  assert.deepEqual([dayCurve(4 * 3_600), dayCurve(16 * 3_600)], [0.25, 1])
  const [one, same, other] = [1, 1, 2].map((seed) => traffic({ ...SCENARIO, seed })(43_210))
  assert.equal(one, same)
  assert.notEqual(one, other)
})

test('a day with a rollout, a broker lost and an hour without ClickHouse loses nothing, and is caught up', () => {
  const { moments, flow } = simulateDay(SCENARIO, 6)
  const made = moments.reduce((sum, each) => sum + each.made, 0)
  const there = flow.held + flow.refused + flow.lag + flow.inserted
  assert.ok(Math.abs(there - made) < 1, `${made} made, ${there} there`)
  assert.equal(flow.lost, 0)
  const [away] = DAY_FAULTS.filter(({ kind }) => kind === 'ClickHouse away')
  assert.ok(away !== undefined)
  const seconds = caughtUpAfter(away, moments.slice(away.fromSecond)) ?? Infinity
  // An hour at the peak, at 3,000 − 1,000 rows a second; the curve falls a little meanwhile.
  assert.ok(seconds > 1_500 && seconds < 1_800, `${seconds} s`)
  assert.equal(
    Math.max(...moments.map(({ refused }) => refused)) > 0,
    true,
    'the broker was missed',
  )
})

test('a ClickHouse that is away for longer than the retention costs what is older', () => {
  const faults = [{ kind: 'ClickHouse away', fromSecond: 0, seconds: 86_400 }] as const
  const { flow, moments } = simulateDay({ ...SCENARIO, faults, retentionSeconds: 43_200 }, 6)
  const old = moments.slice(0, 43_200).reduce((sum, each) => sum + each.made, 0)
  assert.ok(Math.abs(flow.lost - old) < 2_000, `${flow.lost} lost, ${old} too old`)
})
