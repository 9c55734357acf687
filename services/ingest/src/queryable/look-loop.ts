import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { KafkaProblem, type CommittedReader } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { Queryable } from '../response/queryable.ts'
import { createLookTrouble } from './look-trouble.ts'
import { MAY_NOT_KNOW, SHUTTING_DOWN } from './outcomes.ts'

/** What is waited for of one consumer group. */
export interface Awaited {
  /** Of each partition, the offset that must be committed: one more than that of the last record. */
  readonly wanted: Map<number, number>
  /** Called once, unless it is dropped before. */
  readonly end: (outcome: Queryable) => void
}

/** Looks at one consumer group for all who wait for it, and rests while nobody does. */
export interface LookLoop extends AsyncDisposable {
  add(awaited: Awaited): void
  drop(awaited: Awaited): void
  /** The last look failed. */
  readonly isBlind: boolean
}

export interface LookOptions {
  readonly limits: { readonly lookEveryMs: number; readonly afterFailureMs: number }
  readonly log: Pick<Logger, 'warn' | 'info'>
  readonly isDraining: () => boolean
  readonly onLook: (outcome: 'looked' | 'failed') => void
}

export function createLookLoop(committed: CommittedReader, options: LookOptions): LookLoop {
  const { limits, isDraining, onLook } = options
  const closing = new AbortController()
  const waiting = new Set<Awaited>()
  const trouble = createLookTrouble(options.log, committed.consumerGroup)
  let looking: Promise<void> | null = null
  let lookAgainAt = -Infinity

  /** Others are looked after between them: a thousand in one turn would keep everybody waiting for a tenth of a second. */
  const endInTurns = async (ending: readonly Awaited[], outcome: Queryable): Promise<void> => {
    for (const [index, awaited] of ending.entries()) {
      if (index > 0 && index % ENDED_A_TURN === 0) await nextTurn()
      if (waiting.delete(awaited)) awaited.end(outcome)
    }
  }

  const look = async (): Promise<void> => {
    const partitions = [...new Set([...waiting].flatMap(({ wanted }) => [...wanted.keys()]))]
    try {
      const offsets = await committed.read(partitions)
      onLook('looked')
      trouble.over()
      lookAgainAt = performance.now() + limits.lookEveryMs
      const past = [...waiting].filter((awaited) => isPast(awaited, offsets))
      await endInTurns(past, { isQueryable: true })
    } catch (error) {
      onLook('failed')
      trouble.failed(error)
      lookAgainAt = performance.now() + limits.afterFailureMs
      if (error instanceof KafkaProblem && error.isRightMissing)
        await endInTurns([...waiting], MAY_NOT_KNOW)
    }
  }

  const lookOn = async (): Promise<void> => {
    while (waiting.size > 0) {
      await pause(lookAgainAt - performance.now(), closing.signal)
      if (isDraining() || closing.signal.aborted) await endInTurns([...waiting], SHUTTING_DOWN)
      else if (waiting.size > 0) await look()
    }
    looking = null
  }

  return {
    add: (awaited) => {
      waiting.add(awaited)
      looking ??= lookOn()
    },
    drop: (awaited) => void waiting.delete(awaited),
    get isBlind() {
      return trouble.lasts
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

/** What a partition has passed once it has passed for good. */
function isPast({ wanted }: Awaited, committed: ReadonlyMap<number, number>): boolean {
  for (const [partition, offset] of wanted) {
    if ((committed.get(partition) ?? -1) >= offset) wanted.delete(partition)
  }
  return wanted.size === 0
}

/** Resolves early when aborted, and never in the same turn. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), null, { signal }).catch(() => {})
}
