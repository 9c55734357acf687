import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../../chaos/random.ts'
import { FAULT_KINDS, planFaults } from '../../chaos/schedule.ts'

const options = fc.record({
  seed: fc.nat(),
  kinds: fc.constant(FAULT_KINDS),
  count: fc.integer({ min: 0, max: 300 }),
  spanMs: fc.integer({ min: 1_000, max: 1_000_000 }),
  minDurationMs: fc.constant(100),
  maxDurationMs: fc.integer({ min: 200, max: 30_000 }),
})

test('the same seed plans the same faults, another seed others', () => {
  fc.assert(fc.property(options, (each) => assert.deepEqual(planFaults(each), planFaults(each))))
  const plan = (seed: number) =>
    planFaults({
      seed,
      kinds: FAULT_KINDS,
      count: 50,
      spanMs: 1e5,
      minDurationMs: 100,
      maxDurationMs: 1e4,
    })
  assert.notDeepEqual(plan(1), plan(2))
})

test('faults come in order, within the span, with durations within their limits', () => {
  fc.assert(
    fc.property(options, (given) => {
      const faults = planFaults(given)
      assert.equal(faults.length, given.count)
      for (const [index, { atMs, durationMs }] of faults.entries()) {
        assert.ok(atMs >= (faults[index - 1]?.atMs ?? 0) && atMs < given.spanMs)
        assert.ok(durationMs >= given.minDurationMs && durationMs <= given.maxDurationMs)
      }
    }),
  )
})

test('each kind comes once before any comes again', () => {
  fc.assert(
    fc.property(options, (given) => {
      const kinds = planFaults(given).map(({ kind }) => kind)
      for (let at = 0; at < kinds.length; at += FAULT_KINDS.length) {
        const round = kinds.slice(at, at + FAULT_KINDS.length)
        assert.equal(new Set(round).size, round.length)
      }
    }),
  )
})

test('streams of one seed are independent: drawing from one moves no other', () => {
  const draw = (first: number): readonly number[] => {
    const workload = createRandom(7, 'workload')
    for (let n = 0; n < first; n++) workload.next()
    const faults = createRandom(7, 'faults')
    return [faults.next(), faults.next()]
  }
  assert.deepEqual(draw(0), draw(10))
  assert.notEqual(createRandom(7, 'workload').next(), createRandom(7, 'faults').next())
})

test('durations of every order of magnitude are alike likely', () => {
  const random = createRandom(3, 'durations')
  const durations = Array.from({ length: 9_000 }, () => random.logUniform(10, 10_000))
  for (const [from, to] of [
    [10, 100],
    [100, 1_000],
    [1_000, 10_000],
  ] as const) {
    const share = durations.filter((ms) => ms >= from && ms < to).length
    assert.ok(share > 2_700 && share < 3_300, `${share} of 9000 between ${from} and ${to}`)
  }
})
