import { untilAborted } from './consumer-budget.ts'
import type { ConsumerEvent, FetchedRecords } from './consumer-port.ts'

/** Events between the member that fetches and the loop that takes; the memory budget bounds it. */
export interface EventQueue {
  push(event: ConsumerEvent): void
  take(options: {
    readonly maxWaitMs: number
    readonly signal: AbortSignal
  }): Promise<ConsumerEvent>
  /** As `takeRecords` of the port says; not while `take` waits. */
  takeRecords(options: {
    readonly epoch: number
    readonly signal: AbortSignal
  }): Promise<FetchedRecords | null>
  /**
   * Forgets what belongs to an assignment that ends and was not taken yet.
   * @returns the bytes that were held, and whether the loop knows of the assignment.
   */
  forget(epoch: number): { readonly bytes: number; readonly wasTaken: boolean }
}

export function createEventQueue(): EventQueue {
  let events: ConsumerEvent[] = []
  let pushed = Promise.withResolvers<void>()

  return {
    push: (event) => {
      events.push(event)
      pushed.resolve()
    },
    take: async ({ maxWaitMs, signal }) => {
      if (events.length === 0 && maxWaitMs > 0 && !signal.aborted) {
        pushed = Promise.withResolvers()
        const timer = setTimeout(() => pushed.resolve(), maxWaitMs)
        await untilAborted(pushed.promise, signal)
        clearTimeout(timer)
      }
      return events.shift() ?? { kind: 'idle' }
    },
    takeRecords: async ({ epoch, signal }) => {
      if (events.length === 0 && !signal.aborted) {
        pushed = Promise.withResolvers()
        await untilAborted(pushed.promise, signal)
      }
      const [next] = events
      if (signal.aborted || next?.kind !== 'records' || next.epoch !== epoch) return null
      events.shift()
      return next
    },
    forget: (epoch) => {
      const forgotten = events.filter((event) => event.kind !== 'idle' && event.epoch === epoch)
      events = events.filter((event) => !forgotten.includes(event))
      const bytes = forgotten.reduce(
        (sum, event) => sum + (event.kind === 'records' ? event.bytes : 0),
        0,
      )
      return { bytes, wasTaken: !forgotten.some(({ kind }) => kind === 'assigned') }
    },
  }
}
