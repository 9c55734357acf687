import { setTimeout as delay } from 'node:timers/promises'
import type { WaitCode } from '@custom-events/event'
import { KafkaProblem, type CommittedReader } from '@custom-events/kafka'
import type { Receipt } from '../response/event-result.ts'
import type { Queryable } from '../response/queryable.ts'

/** Waits until events can be queried. Never read by anything that keeps events. */
export interface QueryableWatch extends AsyncDisposable {
  /**
   * Resolves when the consumer group has committed past all of these records, which it does once their rows are in
   * ClickHouse; else after `withinMs`, or at once when it cannot be known. Never throws.
   *
   * @param gone aborted when nobody waits for the answer any more.
   */
  until(receipts: readonly Receipt[], withinMs: number, gone: AbortSignal): Promise<Queryable>
}

interface Waiter {
  /** Of each partition, the offset that must be committed: one more than that of the last record. */
  readonly wanted: Map<number, number>
  readonly events: number
  readonly end: (outcome: Queryable) => void
}

export interface QueryableWatchOptions {
  readonly committed: CommittedReader
  readonly consumerGroup: string
  readonly limits: { readonly maxEvents: number; readonly lookEveryMs: number }
  readonly isDraining: () => boolean
  readonly onLook: (outcome: 'looked' | 'failed') => void
}

/** One loop looks for all who wait, and rests while nobody does. */
export function createQueryableWatch(options: QueryableWatchOptions): QueryableWatch {
  const { committed, consumerGroup, limits, isDraining, onLook } = options
  const closing = new AbortController()
  const waiters = new Set<Waiter>()
  let waitingEvents = 0
  let looking: Promise<void> | null = null
  let lastFailure: string | null = null

  const endAll = (outcome: Queryable): void => {
    for (const waiter of waiters) waiter.end(outcome)
  }

  const look = async (): Promise<void> => {
    const partitions = [...new Set([...waiters].flatMap(({ wanted }) => [...wanted.keys()]))]
    try {
      const offsets = await committed.read(partitions)
      onLook('looked')
      lastFailure = null
      for (const waiter of waiters) {
        if (isPast(waiter, offsets)) waiter.end({ isQueryable: true })
      }
    } catch (error) {
      onLook('failed')
      lastFailure = textOf(error)
      if (error instanceof KafkaProblem && error.isRightMissing) {
        endAll(no('queryable_unknown', lastFailure))
      }
    }
  }

  const lookOn = async (): Promise<void> => {
    await Promise.resolve() // so that it never ends before it is known to run
    while (waiters.size > 0) {
      if (isDraining()) endAll(no('not_queryable_yet', 'this instance is shutting down'))
      else await look()
      if (waiters.size > 0) await pause(limits.lookEveryMs, closing.signal)
      if (closing.signal.aborted) endAll(no('not_queryable_yet', 'this instance is shutting down'))
    }
    looking = null
  }

  const begin = (receipts: readonly Receipt[], withinMs: number, gone: AbortSignal) =>
    new Promise<Queryable>((resolve) => {
      const events = receipts.length
      const giveUp = (): void => waiter.end(ranOut(consumerGroup, lastFailure))
      const overdue = setTimeout(giveUp, Math.max(0, withinMs))
      const waiter: Waiter = {
        wanted: wantedOf(receipts),
        events,
        end: (outcome) => {
          if (!waiters.delete(waiter)) return
          waitingEvents -= events
          clearTimeout(overdue)
          gone.removeEventListener('abort', giveUp)
          resolve(outcome)
        },
      }
      waiters.add(waiter)
      waitingEvents += events
      gone.addEventListener('abort', giveUp, { once: true })
      looking ??= lookOn()
    })

  return {
    until: async (receipts, withinMs, gone) => {
      if (gone.aborted || withinMs <= 0) return ranOut(consumerGroup, lastFailure)
      if (waitingEvents + receipts.length > limits.maxEvents) {
        const detail = `at most ${limits.maxEvents} events of all requests wait at once, and ${waitingEvents} do`
        return no('too_many_waiting', detail)
      }
      return begin(receipts, withinMs, gone)
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await committed[Symbol.asyncDispose]()
      await looking
    },
  }
}

function wantedOf(receipts: readonly Receipt[]): Map<number, number> {
  const wanted = new Map<number, number>()
  for (const { partition, offset } of receipts) {
    wanted.set(partition, Math.max(wanted.get(partition) ?? 0, offset + 1))
  }
  return wanted
}

/** What a partition has passed once it has passed for good. */
function isPast({ wanted }: Waiter, committed: ReadonlyMap<number, number>): boolean {
  for (const [partition, offset] of wanted) {
    if ((committed.get(partition) ?? -1) >= offset) wanted.delete(partition)
  }
  return wanted.size === 0
}

function ranOut(consumerGroup: string, failure: string | null): Queryable {
  const why = `the consumer group ${consumerGroup} has not come so far in time`
  return no('not_queryable_yet', failure === null ? why : `${why}; last: ${failure}`)
}

function no(code: WaitCode, detail: string): Queryable {
  return { isQueryable: false, code, detail }
}

function textOf(error: unknown): string {
  if (error instanceof KafkaProblem) return `${error.message}: ${error.remedy}`
  return error instanceof Error ? error.message : String(error)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}
