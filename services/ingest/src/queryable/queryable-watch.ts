import { shardOfPartition, type CommittedReader } from '@custom-events/kafka'
import type { Receipt } from '../response/event-result.ts'
import type { Queryable } from '../response/queryable.ts'
import { createLookLoop, type Awaited, type LookOptions } from './look-loop.ts'
import { no, NOBODY_ANSWERED, NOT_IN_TIME } from './outcomes.ts'

/** Waits until events can be queried. Never read by anything that keeps events. */
export interface QueryableWatch extends AsyncDisposable {
  /**
   * Resolves when the consumer groups have committed past all of these records, which they do once their rows are in
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
  readonly events: number
  readonly keyName: string | null
}

export interface QueryableWatchOptions extends LookOptions {
  /** Of the group of each shard that events are spread over, in their order. */
  readonly committed: readonly CommittedReader[]
  /** See `WAITING` in limits.ts. */
  readonly limits: LookOptions['limits'] & {
    readonly maxEvents: number
    readonly maxEventsOfKey: number
  }
}

/**
 * A loop of each shard's group looks for all who wait for it: a group that is slow, or may not be seen, keeps nobody waiting who
 * waits for others.
 */
export function createQueryableWatch(options: QueryableWatchOptions): QueryableWatch {
  const { committed, limits } = options
  const loops = committed.map((reader) => createLookLoop(reader, options))
  const waiters = new Set<Waiter>()

  const begin = ({ receipts, withinMs, keyName }: WaitFor, gone: AbortSignal) =>
    new Promise<Queryable>((resolve) => {
      const waiter = { events: receipts.length, keyName }
      const left = new Map<number, Awaited>()
      const end = (outcome: Queryable): void => {
        if (!waiters.delete(waiter)) return
        clearTimeout(overdue)
        gone.removeEventListener('abort', giveUp)
        for (const [index, awaited] of left) loops[index]?.drop(awaited)
        resolve(outcome)
      }
      const giveUp = (): void => {
        const isBlind = [...left.keys()].some((index) => loops[index]?.isBlind)
        end(isBlind ? NOBODY_ANSWERED : NOT_IN_TIME)
      }
      const overdue = setTimeout(giveUp, withinMs)
      waiters.add(waiter)
      gone.addEventListener('abort', giveUp, { once: true })
      for (const [index, wanted] of wantedByLoop(receipts, loops.length)) {
        const endOne = (outcome: Queryable): void => {
          left.delete(index)
          if (left.size === 0 || !outcome.isQueryable) end(outcome)
        }
        left.set(index, { wanted, end: endOne })
      }
      for (const [index, awaited] of left) loops[index]?.add(awaited)
    })

  return {
    until: async (asked, gone) => {
      if (gone.aborted || asked.withinMs <= 0) return NOT_IN_TIME
      return tooMany(waiters, asked, limits) ?? begin(asked, gone)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(loops.map((loop) => loop[Symbol.asyncDispose]()))
    },
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

/** Of the loop of each shard, from 0, the partitions that are its. */
function wantedByLoop(
  receipts: readonly Receipt[],
  shards: number,
): ReadonlyMap<number, Map<number, number>> {
  const byLoop = new Map<number, Map<number, number>>()
  for (const { partition, offset } of receipts) {
    const index = shardOfPartition(partition, shards) - 1
    const wanted = byLoop.get(index) ?? new Map<number, number>()
    wanted.set(partition, Math.max(wanted.get(partition) ?? 0, offset + 1))
    byLoop.set(index, wanted)
  }
  return byLoop
}
