import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pipeline, Program } from '@custom-events/embedded'
import { createCrew } from '../../chaos/drills/crew.ts'
import { turnsOf } from '../../chaos/drills/scaling.ts'

test('a way up and a way down is one turn; up again is another', () => {
  const changes = (numbers: readonly number[]) =>
    numbers.slice(1).map((to, index) => ({ from: numbers[index] ?? 0, to, atSeconds: 0, lag: 0 }))
  assert.equal(turnsOf(changes([1, 2, 4, 3, 2, 1])), 1)
  assert.equal(turnsOf(changes([1, 4, 3, 4, 1])), 3)
  assert.equal(turnsOf([]), 0)
})

/** A pipeline whose consumers start and stop when they are told to. */
function createPipeline() {
  const log: string[] = []
  const starting: PromiseWithResolvers<Program>[] = []
  // Only the name and the end of a program are looked at.
  const program = (name: string) =>
    ({ name, stop: async () => void log.push(`${name} stopped`) }) as Program
  const startConsumer = (): Promise<Program> => {
    log.push('start')
    const start = Promise.withResolvers<Program>()
    starting.push(start)
    return start.promise
  }
  const pipeline = { consumers: [program('first')], startConsumer } as unknown as Pipeline
  return { pipeline, log, starting, program }
}

test('a crew starts its members at once, and the last to come is the first to leave, when it has come', async () => {
  const { pipeline, log, starting, program } = createPipeline()
  const crew = createCrew(pipeline)
  crew.scaleTo(3)
  assert.deepEqual([crew.size, log], [3, ['start', 'start']])
  crew.scaleTo(1)
  assert.equal(crew.size, 1)
  starting[1]?.resolve(program('third'))
  starting[0]?.resolve(program('second'))
  await crew.settle()
  assert.deepEqual(log.slice(2), ['third stopped', 'second stopped'])
})

test('a member that does not become ready is told at the end', async () => {
  const { pipeline, starting } = createPipeline()
  const crew = createCrew(pipeline)
  crew.scaleTo(2)
  starting[0]?.reject(new Error('not ready'))
  await assert.rejects(crew.settle(), /not ready/)
})
