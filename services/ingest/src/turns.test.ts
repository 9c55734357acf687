import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns, type EndTurn } from './turns.ts'

const PATIENT = { crowdedMs: 60_000, maxWaitMs: 60_000 }

test('one at a time, first come first served, and ending a turn twice ends only that one', async () => {
  const turns = createTurns(PATIENT)
  const order: number[] = []
  const [first, second, third] = [1, 2, 3].map(async (number) => {
    const end = await turns.take(1)
    order.push(number)
    return end
  })
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
  assert.notEqual(await turns.take(1), null, 'nobody is left behind')
})

test('who waits too long goes without, and holds up nobody', async () => {
  const turns = createTurns({ ...PATIENT, maxWaitMs: 20 })
  const end = await turns.take(1)
  assert.deepEqual(await Promise.all([turns.take(1), turns.take(1)]), [null, null])
  const patient = turns.take(1)
  end?.()
  assert.notEqual(await patient, null)
})

/** Turns that take as long as the test says. */
function createTimed(crowdedMs: number) {
  let nowMs = 0
  const turns = createTurns({ ...PATIENT, crowdedMs }, () => nowMs)
  const spend = async (taking: Promise<EndTurn | null>, ms: number): Promise<void> => {
    const end = await taking
    assert.ok(end !== null, 'no turn')
    nowMs += ms
    end()
  }
  return { turns, spend }
}

test('when those that wait would take too long, the next is refused at once', async () => {
  const { turns, spend } = createTimed(100)
  await spend(turns.take(1_000), 10) // 0.01 ms a byte: 10,000 bytes are 100 ms
  const running = turns.take(5_000)
  const waiting = [turns.take(4_000), turns.take(6_000)]
  assert.equal(turns.isCrowded, false)
  const last = turns.take(1)
  assert.equal(turns.isCrowded, true)
  assert.equal(await turns.take(1), null, 'refused at once, while the others still wait')
  await spend(running, 50)
  for (const [index, ms] of [40, 60].entries()) await spend(waiting[index] ?? last, ms)
  await spend(last, 0)
  assert.equal(turns.isCrowded, false, 'at the same speed, but nobody waits')
  await spend(turns.take(1), 1)
})

test('the speed is that of the last turns, by their bytes', async () => {
  const { turns, spend } = createTimed(100)
  await spend(turns.take(10), 100) // a pause of the machine
  const running = turns.take(1)
  const waiting = turns.take(11)
  assert.equal(turns.isCrowded, true, '11 bytes at 10 ms each')
  await spend(running, 0)
  await spend(waiting, 0)
  for (let turn = 0; turn < 30; turn++) await spend(turns.take(1_000), 1)
  const next = turns.take(1)
  const many = turns.take(50_000)
  assert.equal(turns.isCrowded, false, 'forgotten after 30 turns')
  await spend(next, 1)
  await spend(many, 1)
})
