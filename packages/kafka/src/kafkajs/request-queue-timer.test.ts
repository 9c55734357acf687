import assert from 'node:assert/strict'
import { test } from 'node:test'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { fixRequestQueueTimer, type RequestQueueState } from './request-queue-timer.ts'

const before = { ...Object.getOwnPropertyDescriptors(RequestQueue.prototype) }
fixRequestQueueTimer()
const { prototype } = RequestQueue
const schedule = prototype.scheduleCheckPendingRequests

function queue(change: Partial<RequestQueueState> = {}): RequestQueueState {
  return {
    pending: [],
    inflight: new Map(),
    maxInFlightRequests: null,
    enforceRequestTimeout: true,
    requestTimeout: 4_000,
    throttledUntil: -1,
    throttleCheckTimeoutId: null,
    requestTimeoutIntervalId: null,
    isConnected: () => true,
    checkPendingRequests: () => {},
    destroy: () => {},
    ...change,
  }
}

test('kafkajs still has the methods that are replaced', async () => {
  const original = await import('kafkajs/package.json', { with: { type: 'json' } })
  assert.equal(original.default.version, '2.2.4')
  for (const name of [
    'scheduleCheckPendingRequests',
    'scheduleRequestTimeoutCheck',
    'canSendSocketRequestImmediately',
    'maybeThrottle',
  ]) {
    assert.equal(typeof before[name]?.value, 'function', name)
  }
})

test('no timer is armed while nothing is pending', () => {
  const idle = queue()
  schedule.call(idle)
  assert.equal(idle.throttleCheckTimeoutId, null)
})

test('a pending request is looked at again soon, or when throttling ends', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => 1_000)
  let checks = 0
  const checkPendingRequests = (): void => void (checks += 1)
  const throttled = queue({ pending: ['request'], checkPendingRequests })
  prototype.maybeThrottle.call(throttled, 50)
  assert.equal(prototype.canSendSocketRequestImmediately.call(throttled), false)
  schedule.call(throttled)
  t.mock.timers.tick(49)
  assert.equal(checks, 0)
  t.mock.timers.tick(1)
  assert.equal(checks, 1)

  const busy = queue({ pending: ['request'], checkPendingRequests })
  assert.equal(prototype.canSendSocketRequestImmediately.call(busy), true)
  schedule.call(busy)
  t.mock.timers.tick(10)
  assert.equal(checks, 2)
})

test('an answer that says nothing of throttling holds nothing back', () => {
  const idle = queue()
  for (const nothing of [undefined, null, 0]) {
    prototype.maybeThrottle.call(idle, nothing)
    assert.ok(prototype.canSendSocketRequestImmediately.call(idle))
  }
})

test('a request without an answer times out, wherever the wall clock has jumped meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let wall = Date.now()
  t.mock.method(Date, 'now', () => wall)
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const timedOut: string[] = []
  const request = (name: string, requestTimeout: number) => ({
    requestTimeout,
    timeoutRequest: () => void timedOut.push(name),
  })
  const inflight = new Map([
    [1, request('short', 1_000)],
    [2, request('long', 100_000)],
  ])
  prototype.scheduleRequestTimeoutCheck.call(queue({ inflight }))
  t.mock.timers.tick(100)
  wall += 86_400_000
  t.mock.timers.tick(100)
  assert.deepEqual(timedOut, [], 'a day ahead: none is overdue')
  wall = 0
  now = 1_200
  t.mock.timers.tick(100)
  assert.deepEqual(timedOut, ['short'], 'long ago: what is overdue still times out')
})

test('a connection is given up where nothing has come while a request ran out of time', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const run = (comes: 'while it waits' | 'after a pause of ours' | null): number => {
    let givenUp = 0
    const line = { bytesRead: 7, giveUp: () => void (givenUp += 1) }
    const request = { requestTimeout: 1_000, timeoutRequest: () => inflight.clear() }
    const inflight = new Map([[1, request]])
    prototype.scheduleRequestTimeoutCheck.call(queue({ inflight, line }))
    t.mock.timers.tick(100)
    if (comes === 'while it waits') line.bytesRead += 1
    now += 1_200
    t.mock.timers.tick(100)
    assert.equal(inflight.size, 0)
    assert.equal(givenUp, 0)
    if (comes === 'after a pause of ours') line.bytesRead += 1
    for (let looks = 0; looks < 3; looks += 1) t.mock.timers.tick(100)
    return givenUp
  }
  assert.equal(run('while it waits'), 0, 'the broker is slow, and not silent')
  assert.equal(run('after a pause of ours'), 0, 'it had come, and was not read yet')
  assert.equal(run(null), 1)
})
