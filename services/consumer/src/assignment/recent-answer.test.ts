import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecentAnswer } from './recent-answer.ts'

/** Questions that the test answers, and its clock. */
function asking() {
  const world = { nowMs: 0, asked: [] as PromiseWithResolvers<string>[] }
  const recent = createRecentAnswer({
    ask: () => {
      const question = Promise.withResolvers<string>()
      world.asked.push(question)
      return question.promise
    },
    now: () => world.nowMs,
    forMs: 1_000,
  })
  return { world, recent }
}

test('who comes while a question is on its way gets its answer, however long that takes', async () => {
  const { world, recent } = asking()
  const first = recent.get()
  world.nowMs = 900
  const second = recent.get()
  world.nowMs = 5_000
  world.asked[0]?.resolve('slow')
  assert.deepEqual([await first, await second, world.asked.length], ['slow', 'slow', 1])
  void recent.get()
  assert.equal(world.asked.length, 2, 'what was said of five seconds ago is old')
})

test('nobody who comes later joins a question that began long ago', async () => {
  const { world, recent } = asking()
  const first = recent.get()
  world.nowMs = 1_001
  const second = recent.get()
  world.asked[1]?.resolve('new')
  world.asked[0]?.resolve('old')
  assert.deepEqual([await first, await second], ['old', 'new'])
  assert.equal(await recent.get(), 'new')
})

test('a failure, what was forgotten, and who wants it anew: each asks again', async () => {
  const { world, recent } = asking()
  const failed = recent.get()
  world.asked[0]?.reject(new Error('away'))
  await assert.rejects(failed, /away/)
  void recent.get()
  recent.forget()
  void recent.get()
  void recent.get(true)
  assert.equal(world.asked.length, 4)
})
