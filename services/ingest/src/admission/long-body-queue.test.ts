import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterTurns, turnsAfter } from '../server/one-a-turn.ts'
import {
  createLongBodyQueue,
  type ReleaseSlot,
  type LongBodyQueueLimits,
} from './long-body-queue.ts'

const PATIENT = { fullAtMs: 60_000, maxWaiting: 1_000, maxWaitMs: 60_000 }

test('one at a time, first come first served, and giving a slot back twice ends only that one', async () => {
  const queue = createLongBodyQueue(PATIENT)
  const order: number[] = []
  const [first, second, third] = [1, 2, 3].map(async (number) => {
    const end = await queue.take(1)
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
  assert.notEqual(await queue.take(1), null, 'nobody is left behind')
})

test('who waits too long goes without, and holds up nobody', async () => {
  const queue = createLongBodyQueue({ ...PATIENT, maxWaitMs: 20 })
  const end = await queue.take(1)
  assert.deepEqual(await Promise.all([queue.take(1), queue.take(1)]), [null, null])
  const patient = queue.take(1)
  end?.()
  assert.notEqual(await patient, null)
})

test('not more than a few wait, whatever their sizes', async () => {
  const queue = createLongBodyQueue({ ...PATIENT, maxWaiting: 1 })
  const end = await queue.take(1)
  const waiting = queue.take(1)
  assert.equal(await queue.take(1), null)
  end?.()
  const endWaiting = await waiting
  endWaiting?.()
  assert.notEqual(await queue.take(1), null)
})

const others = (turns: number): Promise<void> =>
  new Promise((resolve) => afterTurns(turns, resolve))

test('after a slot others have their turns, more of them the longer it took', async () => {
  let nowMs = 0
  const queue = createLongBodyQueue(PATIENT, () => nowMs)
  for (const [tookMs, turns] of [
    [1, 1],
    [40, 10],
    [1_000, 32],
  ] as const) {
    const end = await queue.take(1)
    let isNext = false
    const next = queue.take(1).then((endNext) => {
      isNext = true
      return endNext
    })
    nowMs += tookMs
    end?.()
    if (turns > 1) await others(turns - 1)
    assert.equal(isNext, false, `${tookMs} ms`)
    await others(1)
    await Promise.resolve()
    assert.equal(isNext, true, `${tookMs} ms`)
    const endNext = await next
    endNext?.()
    await others(1)
  }
})

/** Slots that take as long as the test says. */
function createTimed(limits: Partial<LongBodyQueueLimits>) {
  let nowMs = 0
  const queue = createLongBodyQueue({ ...PATIENT, ...limits }, () => nowMs)
  const spend = async (
    taking: Promise<ReleaseSlot | null>,
    ms: number,
    doneBytes?: number,
  ): Promise<void> => {
    const end = await taking
    assert.ok(end !== null, 'no slot')
    nowMs += ms
    end(doneBytes)
    await others(turnsAfter(ms))
  }
  return { queue, spend }
}

test('when those that wait would take too long, the next is refused at once', async () => {
  const { queue, spend } = createTimed({ fullAtMs: 100 })
  await spend(queue.take(1_000), 10, 1_000) // 0.01 ms a byte: 10,000 bytes are 100 ms
  const running = queue.take(5_000)
  const waiting = [queue.take(4_000), queue.take(6_000)]
  assert.equal(queue.isFull, false)
  const last = queue.take(1)
  assert.equal(queue.isFull, true)
  assert.equal(await queue.take(1), null, 'refused at once, while the others still wait')
  for (const taking of [running, ...waiting, last]) await spend(taking, 0)
  assert.equal(queue.isFull, false, 'at the same speed, but nobody waits')
})

test('who has given up is not counted among those that wait', async () => {
  const { queue, spend } = createTimed({ fullAtMs: 100, maxWaitMs: 20 })
  await spend(queue.take(1), 10, 1)
  const running = queue.take(1)
  const waiting = queue.take(11)
  assert.equal(queue.isFull, true)
  assert.equal(await waiting, null)
  assert.equal(queue.isFull, false)
  await spend(running, 0)
})

test('the speed is that of the last slots, by what was done in them', async () => {
  const { queue, spend } = createTimed({ fullAtMs: 100 })
  /** Whether so many bytes that wait are too many. */
  const isTooMuch = async (bytes: number): Promise<boolean> => {
    const running = queue.take(1)
    const waiting = queue.take(bytes)
    const { isFull } = queue
    await spend(running, 0)
    await spend(waiting, 0)
    return isFull
  }
  await spend(queue.take(10), 100, 10) // a pause of the machine
  assert.deepEqual([await isTooMuch(10), await isTooMuch(11)], [false, true])
  await spend(queue.take(1_000_000), 5) // announced to be large, and found wrong
  assert.deepEqual([await isTooMuch(10), await isTooMuch(11)], [false, true])
  for (let count = 0; count < 80; count++) await spend(queue.take(1), 1, 1_000)
  assert.deepEqual([await isTooMuch(90_000), await isTooMuch(101_000)], [false, true])
})
