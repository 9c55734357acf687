import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns, type EndTurn, type TurnLimits } from './turns.ts'

const PATIENT = { crowdedMs: 60_000, maxWaiting: 1_000, maxWaitMs: 60_000 }

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

test('not more than a few wait, whatever their sizes', async () => {
  const turns = createTurns({ ...PATIENT, maxWaiting: 1 })
  const end = await turns.take(1)
  const waiting = turns.take(1)
  assert.equal(await turns.take(1), null)
  end?.()
  const endWaiting = await waiting
  endWaiting?.()
  assert.notEqual(await turns.take(1), null)
})

/** Turns that take as long as the test says. */
function createTimed(limits: Partial<TurnLimits>) {
  let nowMs = 0
  const turns = createTurns({ ...PATIENT, ...limits }, () => nowMs)
  const spend = async (
    taking: Promise<EndTurn | null>,
    ms: number,
    doneBytes?: number,
  ): Promise<void> => {
    const end = await taking
    assert.ok(end !== null, 'no turn')
    nowMs += ms
    end(doneBytes)
  }
  return { turns, spend }
}

test('when those that wait would take too long, the next is refused at once', async () => {
  const { turns, spend } = createTimed({ crowdedMs: 100 })
  await spend(turns.take(1_000), 10, 1_000) // 0.01 ms a byte: 10,000 bytes are 100 ms
  const running = turns.take(5_000)
  const waiting = [turns.take(4_000), turns.take(6_000)]
  assert.equal(turns.isCrowded, false)
  const last = turns.take(1)
  assert.equal(turns.isCrowded, true)
  assert.equal(await turns.take(1), null, 'refused at once, while the others still wait')
  for (const taking of [running, ...waiting, last]) await spend(taking, 0)
  assert.equal(turns.isCrowded, false, 'at the same speed, but nobody waits')
})

test('who has given up is not counted among those that wait', async () => {
  const { turns, spend } = createTimed({ crowdedMs: 100, maxWaitMs: 20 })
  await spend(turns.take(1), 10, 1)
  const running = turns.take(1)
  const waiting = turns.take(11)
  assert.equal(turns.isCrowded, true)
  assert.equal(await waiting, null)
  assert.equal(turns.isCrowded, false)
  await spend(running, 0)
})

test('the speed is that of the last turns, by what was done in them', async () => {
  const { turns, spend } = createTimed({ crowdedMs: 100 })
  /** Whether so many bytes that wait are too many. */
  const isTooMuch = async (bytes: number): Promise<boolean> => {
    const running = turns.take(1)
    const waiting = turns.take(bytes)
    const { isCrowded } = turns
    await spend(running, 0)
    await spend(waiting, 0)
    return isCrowded
  }
  await spend(turns.take(10), 100, 10) // a pause of the machine
  assert.deepEqual([await isTooMuch(10), await isTooMuch(11)], [false, true])
  await spend(turns.take(1_000_000), 5) // announced to be large, and found wrong
  assert.deepEqual([await isTooMuch(10), await isTooMuch(11)], [false, true])
  for (let turn = 0; turn < 80; turn++) await spend(turns.take(1), 1, 1_000)
  assert.deepEqual([await isTooMuch(90_000), await isTooMuch(101_000)], [false, true])
})
