import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createThrottling, tellThrottled, THROTTLE_WINDOW_MS } from './throttling.ts'

test('who is held back for a tenth of the time is told once, and when it is over', () => {
  const clock = { nowMs: 0 }
  const told: string[] = []
  const log = {
    warn: (_: unknown, text?: string) => void told.push(text ?? ''),
    info: (text: unknown) => void told.push(String(text)),
  }
  const tell = tellThrottled({ log, now: () => clock.nowMs })
  const answersFor = (ms: number, throttleMs: number): void => {
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs; clock.nowMs += 500)
      for (const nodeId of [1, 2, 3]) tell(nodeId, throttleMs)
  }
  answersFor(4 * THROTTLE_WINDOW_MS, 40)
  assert.deepEqual(told, [], 'a little is usual')
  answersFor(4 * THROTTLE_WINDOW_MS, 100)
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /held back this consumer for 3000 ms of 15 s .*consumer_byte_rate/)
  answersFor(4 * THROTTLE_WINDOW_MS, 0)
  assert.equal(told.length, 2)
})

test('what was long ago says nothing of now', () => {
  const clock = { nowMs: 0 }
  const throttling = createThrottling(() => clock.nowMs)
  throttling.add(1, 9_000)
  clock.nowMs = THROTTLE_WINDOW_MS
  assert.equal(throttling.heldBackMs, 9_000)
  throttling.add(1, 9_000)
  clock.nowMs += 10 * THROTTLE_WINDOW_MS
  assert.equal(throttling.heldBackMs, null)
})
