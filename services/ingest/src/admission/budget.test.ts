import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBudget } from './budget.ts'

test('the budget never goes beyond its limit and gets everything back', () => {
  const budget = createBudget(100)
  const [one, two] = [budget.open(), budget.open()]
  assert.equal(one.take(60), true)
  assert.equal(two.take(41), false)
  assert.equal(two.take(40), true)
  assert.equal(budget.fits(1), false)
  one.release()
  one.release()
  assert.equal(budget.usedBytes, 40)
  two.release()
  assert.equal(budget.usedBytes, 0)
})

test('little that needs much memory runs at once, and the queue for it is bounded', async () => {
  const reservation = createBudget(100).open()
  const gate = Promise.withResolvers<void>()
  let running = 0
  let most = 0
  const work = async () => {
    running += 1
    most = Math.max(most, running)
    await gate.promise
    running -= 1
    return 'done'
  }
  const jobs = Array.from({ length: 300 }, () => reservation.withSemaphore(work))
  gate.resolve()
  const results = await Promise.all(jobs)
  assert.equal(results.at(-1), null, 'the last found the queue full')
  assert.equal(most, 4)
  assert.equal(results.filter((result) => result === 'done').length, 260)
  assert.equal(await reservation.withSemaphore(async () => 'again'), 'again')
})
