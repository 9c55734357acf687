import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import type { WaitCode } from '@custom-events/event'
import { KafkaProblem, type CommittedReader } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { Receipt } from '../response/event-result.ts'
import type { Queryable } from '../response/queryable.ts'
import { createLookTrouble } from './look-trouble.ts'

/** Waits until events can be queried. Never read by anything that keeps events. */
export interface QueryableWatch extends AsyncDisposable {
  /**
   * Resolves when the consumer group has committed past all of these records, which it does once their rows are in
   * ClickHouse; else in time, or at once when it cannot be known. Never throws. What it says is fit for the public.
   *
   * @param gone aborted when nobody waits for the answer any more.
   */
  until(asked: WaitFor, gone: AbortSignal): Promise<Queryable>
}

export interface WaitFor {
  readonly receipts: readonly Receipt[]
  readonly withinMs: number
  /** Whose events they are; `null`: there are no keys. */
  readonly keyName: string | null
}

interface Waiter {
  /** Of each partition, the offset that must be committed: one more than that of the last record. */
  readonly wanted: Map<number, number>
  readonly events: number
  readonly keyName: string | null
  readonly end: (outcome: Queryable) => void
}

export interface QueryableWatchOptions {
  readonly committed: CommittedReader
  /** See `WAITING` in limits.ts. */
  readonly limits: {
    readonly maxEvents: number
    readonly maxEventsOfKey: number
    readonly lookEveryMs: number
    readonly afterFailureMs: number
  }
  readonly log: Pick<Logger, 'warn' | 'info'>
  readonly isDraining: () => boolean
  readonly onLook: (outcome: 'looked' | 'failed') => void
}

/** One loop looks for all who wait, and rests while nobody does. */
export function createQueryableWatch(options: QueryableWatchOptions): QueryableWatch {
  const { committed, limits, isDraining, onLook } = options
  const closing = new AbortController()
  const waiters = new Set<Waiter>()
  const trouble = createLookTrouble(options.log)
  let looking: Promise<void> | null = null
  let lookAgainAt = -Infinity

  const look = async (): Promise<void> => {
    const partitions = [...new Set([...waiters].flatMap(({ wanted }) => [...wanted.keys()]))]
    try {
      const offsets = await committed.read(partitions)
      onLook('looked')
      trouble.over()
      lookAgainAt = performance.now() + limits.lookEveryMs
      const past = [...waiters].filter((waiter) => isPast(waiter, offsets))
      await endInTurns(past, { isQueryable: true })
    } catch (error) {
      onLook('failed')
      trouble.failed(error)
      lookAgainAt = performance.now() + limits.afterFailureMs
      if (error instanceof KafkaProblem && error.isRightMissing)
        await endInTurns([...waiters], MAY_NOT_KNOW)
    }
  }

  const lookOn = async (): Promise<void> => {
    while (waiters.size > 0) {
      await pause(lookAgainAt - performance.now(), closing.signal)
      if (isDraining() || closing.signal.aborted) await endInTurns([...waiters], SHUTTING_DOWN)
      else if (waiters.size > 0) await look()
    }
    looking = null
  }

  const begin = ({ receipts, withinMs, keyName }: WaitFor, gone: AbortSignal) =>
    new Promise<Queryable>((resolve) => {
      const giveUp = (): void => waiter.end(trouble.lasts ? NOBODY_ANSWERED : NOT_IN_TIME)
      const overdue = setTimeout(giveUp, withinMs)
      const waiter: Waiter = {
        wanted: wantedOf(receipts),
        events: receipts.length,
        keyName,
        end: (outcome) => {
          if (!waiters.delete(waiter)) return
          clearTimeout(overdue)
          gone.removeEventListener('abort', giveUp)
          resolve(outcome)
        },
      }
      waiters.add(waiter)
      gone.addEventListener('abort', giveUp, { once: true })
      looking ??= lookOn()
    })

  return {
    until: async (asked, gone) => {
      if (gone.aborted || asked.withinMs <= 0) return NOT_IN_TIME
      return tooMany(waiters, asked, limits) ?? begin(asked, gone)
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await committed[Symbol.asyncDispose]()
      await looking
    },
  }
}

/** So many answers in one turn of the event loop take half a millisecond. */
const ENDED_A_TURN = 8

/** Others are looked after between them: a thousand in one turn would keep everybody waiting for a tenth of a second. */
async function endInTurns(ending: readonly Waiter[], outcome: Queryable): Promise<void> {
  for (const [index, waiter] of ending.entries()) {
    if (index > 0 && index % ENDED_A_TURN === 0) await nextTurn()
    waiter.end(outcome)
  }
}

/** The sum is taken anew each time: few wait, and a figure that is kept beside them could differ. */
function tooMany(
  waiters: ReadonlySet<Waiter>,
  { receipts, keyName }: WaitFor,
  { maxEvents, maxEventsOfKey }: QueryableWatchOptions['limits'],
): Queryable | null {
  let [all, ofKey] = [receipts.length, receipts.length]
  for (const waiter of waiters) {
    all += waiter.events
    if (waiter.keyName === keyName) ofKey += waiter.events
  }
  if (keyName !== null && ofKey > maxEventsOfKey) {
    return no('too_many_waiting', `at most ${maxEventsOfKey} events of a write key wait at once`)
  }
  if (all <= maxEvents) return null
  return no('too_many_waiting', `at most ${maxEvents} events of all requests wait at once`)
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

function no(code: WaitCode, detail: string): Queryable {
  return { isQueryable: false, code, detail }
}

/** What browsers may read. Names, addresses and what to do about them are in the log, see `createLookTrouble`. */
const NOT_IN_TIME = no('not_queryable_yet', 'the consumer has not come so far in time')
const NOBODY_ANSWERED = no('not_queryable_yet', 'Kafka did not say in time how far the consumer is')
const SHUTTING_DOWN = no('not_queryable_yet', 'this instance is shutting down')
const MAY_NOT_KNOW = no(
  'queryable_unknown',
  'ingest has no right to see how far the consumer is; its log names the right',
)

/** Resolves early when aborted, and never in the same turn. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), null, { signal }).catch(() => {})
}
