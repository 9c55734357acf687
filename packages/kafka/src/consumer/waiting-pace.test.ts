import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWaitingPace } from './waiting-pace.ts'

const LOOK_EVERY_MS = 2_000
const one = { topic: 't', partition: 1 }
const other = { topic: 't', partition: 2 }

/** How often the assignment ends within so long, looked at every 2 s. */
function endsWithin(
  ms: number,
  readableAt: (nowMs: number) => readonly { topic: string; partition: number }[],
  pace = { nowMs: 0 },
): readonly number[] {
  const waiting = createWaitingPace(() => pace.nowMs)
  const ends: number[] = []
  for (; pace.nowMs < ms; pace.nowMs += LOOK_EVERY_MS) {
    if (waiting.looked(readableAt(pace.nowMs))) ends.push(pace.nowMs)
  }
  return ends
}

test('a partition that can be read again is read at once', () => {
  assert.deepEqual(
    endsWithin(20_000, (ms) => (ms === 10_000 ? [one] : [])),
    [10_000],
  )
})

test('one that comes and goes costs few rebalances, one that stays is read in the end', () => {
  const flapping = endsWithin(3_600_000, (ms) => (ms % 4_000 === 0 ? [one] : []))
  assert.ok(flapping.length <= 7, `${flapping.length} rebalances within an hour`)
  const staying = endsWithin(600_000, (ms) =>
    ms < 60_000 && ms % 4_000 === 0 ? [one] : ms < 60_000 ? [] : [one],
  )
  assert.ok((staying[1] ?? Infinity) <= 66_000, `read at ${staying[1]} ms`)
})

test('one that says it can be read, and cannot when it is assigned, costs less and less', () => {
  const ends = endsWithin(3_600_000, () => [one])
  assert.ok(ends.length <= 20, `${ends.length} rebalances within an hour`)
  assert.ok((ends[1] ?? 0) - (ends[0] ?? 0) >= 5_000)
})

test('that one comes and goes does not stop another that stays', () => {
  const ends = endsWithin(60_000, (ms) =>
    ms % 4_000 === 0 ? [one, other] : ms > 4_000 ? [other] : [],
  )
  assert.deepEqual(ends.slice(0, 2), [0, 10_000], 'read once it has been readable for 5 s')
})

test('after a long time without trouble it is at once again', () => {
  const ends = endsWithin(1_000_000, (ms) =>
    ms === 0 || ms === 4_000 || ms === 900_000 ? [one] : [],
  )
  assert.deepEqual(ends, [0, 900_000])
})

test('a time in which nobody looked is not one without a break', () => {
  const clock = { nowMs: 0 }
  const waiting = createWaitingPace(() => clock.nowMs)
  assert.ok(waiting.looked([one]))
  for (const [nowMs, ends] of [
    [2_000, false],
    [4_000, false], // then the assignment ends for another reason, and nobody looks for a while
    [300_000, false],
    [304_000, false],
    [306_000, true],
  ] as const) {
    clock.nowMs = nowMs
    assert.equal(waiting.looked([one]), ends, `${nowMs} ms`)
  }
})
