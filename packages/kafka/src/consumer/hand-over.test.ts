import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryBudget } from './consumer-budget.ts'
import { createEventQueue } from './consumer-queue.ts'
import { handOver } from './hand-over.ts'

const never = new AbortController().signal
const WAIT = { maxWaitMs: 0, signal: never }

/** An assignment that was taken, and is handed over. */
async function ending(closing: AbortSignal) {
  const [queue, budget, revoked] = [
    createEventQueue(),
    createMemoryBudget(100),
    new AbortController(),
  ]
  const told = { positions: [], logs: [], revoked: revoked.signal, expelled: never }
  queue.push({ kind: 'assigned', epoch: 1, ...told, releaseWithinMs: 1 })
  await queue.take(WAIT)
  const over = handOver({ queue, budget, epoch: 1, revoked, withinMs: 60_000, closing })
  return { queue, over }
}

test('an assignment is over when whoever took it has let go', { timeout: 10_000 }, async () => {
  const { queue, over } = await ending(never)
  const event = await queue.take(WAIT)
  assert.ok(event.kind === 'revoked')
  event.release()
  await over
})

test(
  'nobody lets go any more when we close, before or meanwhile',
  { timeout: 10_000 },
  async () => {
    await (
      await ending(AbortSignal.abort())
    ).over
    const closing = new AbortController()
    const { over } = await ending(closing.signal)
    closing.abort()
    await over
  },
)
