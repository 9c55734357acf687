import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'node:test'
import { afterTurns, createOneATurn, turnsAfter } from './one-a-turn.ts'

test('of what waits one is done in a turn, in order, also of what is added meanwhile', async () => {
  const oneATurn = createOneATurn()
  const done: number[] = []
  const add = (name: number, then = (): void => {}): void =>
    oneATurn(() => {
      done.push(name)
      then()
    })
  add(1, () => add(4))
  add(2, () => {
    add(5)
    add(6)
  })
  add(3)
  for (let turns = 1; turns <= 6; turns += 1) {
    await nextTurn()
    assert.deepEqual(done, [1, 2, 3, 4, 5, 6].slice(0, turns))
  }
  add(7)
  assert.equal(done.length, 6, 'never at once')
  await nextTurn()
  assert.equal(done.length, 7)
})

test('others have at least a turn, one for each 4 ms of a piece, and not for ever', async () => {
  assert.deepEqual([0, 4, 5, 40, 128, 10_000].map(turnsAfter), [1, 1, 2, 10, 32, 32])
  let isDone = false
  afterTurns(3, () => (isDone = true))
  for (const expected of [false, false, true]) {
    await nextTurn()
    assert.equal(isDone, expected)
  }
})
