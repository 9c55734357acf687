import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErasureStalled, untilNothingIsLeft, type Left } from './waiting.ts'

const LEFT: Left = { waiting: 'waiting', stopped: 'stopped', overdue: 'overdue' }
const LONG = { withinMs: 60_000, everyMs: 1 }
const SHORT = { withinMs: -1, everyMs: 1 }

/** Finds something at the first looks, and nothing then. */
function scene(looks: number, left: Left = LEFT) {
  const told: string[] = []
  const stopping = new AbortController()
  let looked = 0
  return {
    told,
    stopping,
    waiting: { stop: stopping.signal, onWaiting: (what: string) => void told.push(what) },
    look: async () => (looked++ < looks ? left : null),
  }
}

test('it is over at the first look, also when it is stopped or late', async () => {
  const { waiting, look, told, stopping } = scene(0)
  stopping.abort()
  await untilNothingIsLeft(waiting, SHORT, look)
  assert.deepEqual(told, [])
})

test('what is left is told at each look', async () => {
  const { waiting, look, told } = scene(3)
  await untilNothingIsLeft(waiting, LONG, look)
  assert.deepEqual(told, ['waiting', 'waiting', 'waiting'])
})

test('it ends when it is stopped, at once, and when it takes too long', async () => {
  const stopped = scene(Infinity)
  const ended = untilNothingIsLeft(stopped.waiting, { ...LONG, everyMs: 30_000 }, stopped.look)
  stopped.stopping.abort()
  await assert.rejects(ended, new ErasureStalled('stopped'))
  const late = scene(Infinity)
  await assert.rejects(untilNothingIsLeft(late.waiting, SHORT, late.look), /overdue/)
})

test('the limit counts from when it went on last', async () => {
  const goesOn = scene(1, { ...LEFT, since: performance.now() + 10_000 })
  await untilNothingIsLeft(goesOn.waiting, { withinMs: 0, everyMs: 1 }, goesOn.look)
  const stands = scene(1, { ...LEFT, since: performance.now() - 60_000 })
  const limit = { withinMs: 30_000, everyMs: 1 }
  await assert.rejects(untilNothingIsLeft(stands.waiting, limit, stands.look), /overdue/)
})
