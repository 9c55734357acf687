import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { createDeadlines } from './deadlines.ts'

const item = (name: string, over: string[]) => ({ dueAt: 0, onOverdue: () => void over.push(name) })

test('each wait ends after its time, in the order in which they began, and none before', async () => {
  using alive = keepAlive()
  assert.ok(alive)
  const over: string[] = []
  const deadlines = createDeadlines(60)
  const startedAt = performance.now()
  deadlines.add(item('a', over))
  deadlines.add(item('b', over))
  await eventually(() => assert.deepEqual(over, ['a', 'b']))
  assert.ok(performance.now() - startedAt >= 59)
  deadlines.add(item('c', over))
  await eventually(() => assert.deepEqual(over, ['a', 'b', 'c']))
})

test('what is over in time is never overdue, and does not hold up the others', async () => {
  using alive = keepAlive()
  assert.ok(alive)
  const over: string[] = []
  const deadlines = createDeadlines(40)
  const inTime = item('in time', over)
  deadlines.add(inTime)
  deadlines.add(item('late', over))
  deadlines.remove(inTime)
  deadlines.remove(inTime)
  await eventually(() => assert.deepEqual(over, ['late']))
})

/** Deadlines alone do not keep a process running. */
function keepAlive(): Disposable {
  const timer = setInterval(() => {}, 1_000)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
