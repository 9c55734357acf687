import {
  classify,
  ClickHouseFailure,
  OtherRows,
  readShard,
  shardProblem,
  type ClickHouse,
  type ShardNamed,
} from '@custom-events/clickhouse'
import { Abandoned, type RetryLoop } from '../insert/retry-loop.ts'
import { haltFor, refusedQuestion } from '../insert/retry.ts'
import { CONFIRMED_FOR_MS, orAbandoned, type Confirming } from './logs.ts'
import { createRecentAnswer } from './recent-answer.ts'

interface Asked {
  readonly clickhouse: Pick<ClickHouse, 'query'>
  /** As the configuration names it. */
  readonly named: ShardNamed
}

const ACCESS_DENIED = 497

/**
 * Resolves once ClickHouse says that it is the shard that it is named as; until then nothing may be written into it, and the
 * consumer is not ready.
 *
 * @throws {Abandoned} when there is no reason to go on.
 */
export async function untilItIsOurs(
  asked: Asked,
  { retryLoop, stop }: { readonly retryLoop: RetryLoop; readonly stop: AbortSignal },
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const problem = await orAbandoned(whyNotOurs(asked), stop)
      if (problem === null) return
      await retryLoop.wait(haltFor('wrong_shard', attempt, new Error(problem)))
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error
      await retryLoop.wait(refusedQuestion(classify(error.failure), attempt, error))
    }
  }
}

/** Why it is not the shard that it is named as; `null`: it is. @throws {ClickHouseFailure} when it does not say. */
export async function whyNotOurs({ clickhouse, named }: Asked): Promise<string | null> {
  try {
    return shardProblem(named, await readShard(clickhouse))
  } catch (error) {
    if (error instanceof OtherRows) return error.message
    // Of a release before shards the login has no right on this table, and there is no other ClickHouse to be taken for it.
    const isDenied = error instanceof ClickHouseFailure && error.failure.code === ACCESS_DENIED
    if (isDenied && named.shards === 1) return null
    throw error
  }
}

/** Before each insert: that ClickHouse is still that shard. */
export type ConfirmShard = (how: Confirming) => Promise<void>

/**
 * Addresses may come to stand for other servers; the logs of two shards have the same generations, so that nothing else would
 * tell. Where there is only one nobody asks.
 *
 * @param ports.onOther called with why it is another one: the next assignment waits until it is ours.
 * @returns what throws {Abandoned} in that case or when `stop` is aborted, {ClickHouseFailure} when it is not known.
 */
export function createConfirmShard(
  asked: Asked,
  ports: {
    /** Milliseconds of a clock that never jumps. */
    readonly now: () => number
    readonly onOther: (problem: string) => void
  },
): ConfirmShard {
  const ask = (): Promise<string | null> => whyNotOurs(asked)
  const recent = createRecentAnswer({ ask, now: ports.now, forMs: CONFIRMED_FOR_MS })
  return async ({ stop, isAnew }) => {
    if (asked.named.shards === 1) return
    const problem = await orAbandoned(recent.get(isAnew), stop)
    if (problem === null) return
    recent.forget() // the next assignment asks for itself
    ports.onOther(problem)
    throw new Abandoned()
  }
}
