import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from './turns.ts'

test('one at a time, first come first served, and ending a turn twice ends only that one', async () => {
  const takeTurn = createTurns({ maxWaiting: 10, maxWaitMs: 60_000 })
  const order: number[] = []
  const turns = [1, 2, 3].map(async (number) => {
    const end = await takeTurn()
    order.push(number)
    return end
  })
  const [first, second, third] = turns
  const endFirst = await first
  assert.deepEqual(order, [1])
  endFirst?.()
  endFirst?.()
  const endSecond = await second
  assert.deepEqual(order, [1, 2])
  endSecond?.()
  const endThird = await third
  endThird?.()
  assert.deepEqual(order, [1, 2, 3])
  assert.notEqual(await takeTurn(), null, 'nobody is left behind')
})

test('who waits too long goes without, and holds up nobody', async () => {
  const takeTurn = createTurns({ maxWaiting: 10, maxWaitMs: 20 })
  const end = await takeTurn()
  assert.deepEqual(await Promise.all([takeTurn(), takeTurn()]), [null, null])
  const patient = takeTurn()
  end?.()
  assert.notEqual(await patient, null)
})

test('not more than a few wait', async () => {
  const takeTurn = createTurns({ maxWaiting: 1, maxWaitMs: 60_000 })
  const end = await takeTurn()
  const waiting = takeTurn()
  assert.equal(await takeTurn(), null)
  end?.()
  const endWaiting = await waiting
  endWaiting?.()
  assert.notEqual(await takeTurn(), null)
})
