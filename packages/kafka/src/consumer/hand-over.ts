import type { MemoryBudget } from './consumer-budget.ts'
import type { EventQueue } from './consumer-queue.ts'

/**
 * Ends an assignment for whoever takes the records, and waits until they have let go of it; not for ever, and not when
 * we close: nobody takes anything any more then.
 */
export async function handOver(options: {
  readonly queue: Pick<EventQueue, 'forget' | 'push'>
  readonly budget: Pick<MemoryBudget, 'remove'>
  readonly epoch: number
  readonly revoked: AbortController
  readonly withinMs: number
  readonly closing: AbortSignal
}): Promise<void> {
  const { queue, budget, epoch, revoked, withinMs, closing } = options
  revoked.abort()
  const { bytes, wasTaken } = queue.forget(epoch)
  budget.remove(bytes)
  if (!wasTaken || closing.aborted) return
  const released = Promise.withResolvers<void>()
  const release = (): void => released.resolve()
  queue.push({ kind: 'revoked', epoch, release })
  const timer = setTimeout(release, withinMs)
  closing.addEventListener('abort', release, { once: true })
  await released.promise
  closing.removeEventListener('abort', release)
  clearTimeout(timer)
}
