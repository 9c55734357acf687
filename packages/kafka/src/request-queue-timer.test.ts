import assert from 'node:assert/strict'
import { test } from 'node:test'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { fixRequestQueueTimer, type RequestQueueState } from './request-queue-timer.ts'

fixRequestQueueTimer()
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests

function queue(pending: readonly unknown[], throttledUntil: number): RequestQueueState {
  return { pending, throttledUntil, throttleCheckTimeoutId: null, checkPendingRequests: () => {} }
}

test('kafkajs still has the method that is replaced', async () => {
  const original = await import('kafkajs/package.json', { with: { type: 'json' } })
  assert.equal(original.default.version, '2.2.4')
  assert.equal(typeof schedule, 'function')
})

test('no timer is armed while nothing is pending', () => {
  const idle = queue([], -1)
  schedule.call(idle)
  assert.equal(idle.throttleCheckTimeoutId, null)
})

test('a pending request is looked at again soon, or when throttling ends', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000 })
  let checks = 0
  const throttled = { ...queue(['request'], 1_050), checkPendingRequests: () => (checks += 1) }
  schedule.call(throttled)
  t.mock.timers.tick(49)
  assert.equal(checks, 0)
  t.mock.timers.tick(1)
  assert.equal(checks, 1)

  const busy = { ...queue(['request'], -1), checkPendingRequests: () => (checks += 1) }
  schedule.call(busy)
  t.mock.timers.tick(10)
  assert.equal(checks, 2)
})
