import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createDeliveries, UNAVAILABLE } from './deliveries.ts'
import type { ProduceOutcome } from '../records.ts'

const acknowledged = (offset: number): ProduceOutcome => ({ status: 'acknowledged', offset })

/** Timers and the clock that they go by, moved by the test. */
function clockOf(t: TestContext): { pass(ms: number): void } {
  let now = 1_000
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  return {
    pass: (ms) => {
      for (let passed = 0; passed < ms; passed++) {
        now += 1
        t.mock.timers.tick(1)
      }
    },
  }
}

test('a call is answered as soon as its last record is settled, in the order of its records', () => {
  using deliveries = createDeliveries(5_000)
  const answers: (readonly ProduceOutcome[])[] = []
  const delivery = deliveries.start(2, (outcomes) => answers.push(outcomes))
  delivery.settle(1, acknowledged(8))
  assert.deepEqual(answers, [])
  delivery.settle(0, acknowledged(7))
  assert.deepEqual(answers, [[acknowledged(7), acknowledged(8)]])
  assert.ok(delivery.isOver)
  delivery.settle(0, UNAVAILABLE)
  assert.equal(answers.length, 1)
})

test('a call without records is answered at once', () => {
  using deliveries = createDeliveries(5_000)
  const answers: (readonly ProduceOutcome[])[] = []
  deliveries.start(0, (outcomes) => answers.push(outcomes))
  assert.deepEqual(answers, [[]])
})

test('each call is answered at its own deadline with what is known by then', (t) => {
  const clock = clockOf(t)
  using deliveries = createDeliveries(100)
  const answers: string[] = []
  const start = (name: string) =>
    deliveries.start(2, (outcomes) =>
      answers.push(`${name} ${outcomes.map((o) => o.status).join()}`),
    )
  const first = start('first')
  clock.pass(40)
  const second = start('second')
  second.settle(0, acknowledged(1))
  clock.pass(59)
  assert.deepEqual(answers, [])
  clock.pass(1)
  assert.deepEqual(answers, ['first unacknowledged,unacknowledged'])
  assert.ok(first.isOver)
  clock.pass(39)
  assert.equal(answers.length, 1)
  clock.pass(1)
  assert.deepEqual(answers[1], 'second acknowledged,unacknowledged')
})

test('a timer of a call that was answered long ago does not cut a later one short', (t) => {
  const clock = clockOf(t)
  using deliveries = createDeliveries(100)
  const answers: string[] = []
  deliveries.start(1, () => answers.push('first')).settle(0, acknowledged(1))
  clock.pass(90)
  deliveries.start(1, () => answers.push('second'))
  clock.pass(99)
  assert.deepEqual(answers, ['first'])
  clock.pass(1)
  assert.deepEqual(answers, ['first', 'second'])
})
