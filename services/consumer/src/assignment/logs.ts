import {
  classify,
  ClickHouseFailure,
  generationOf,
  readLogs,
  registerLogs,
  type ClickHouse,
  type RegisteredLog,
} from '@custom-events/clickhouse'
import type { KafkaLog } from '@custom-events/kafka'
import { Abandoned, type RetryLoop } from '../insert/retry-loop.ts'
import { decide } from '../insert/retry.ts'
import { atMissing } from '../read/generations-read.ts'
import { createRecentAnswer } from './recent-answer.ts'

/**
 * The generation of each log, asked for until it is known. A log that setup has not seen, as that of a topic
 * made anew, is registered here, so that nothing waits for a person; but none of a later generation of a topic before
 * the one that it follows.
 *
 * @param logs in the order in which they are registered.
 * @param tracked topics of all generations of accepted events, the oldest first.
 * @throws {Abandoned} when there is no reason to go on.
 */
export async function learnLogs(
  ports: {
    readonly clickhouse: Pick<ClickHouse, 'query' | 'command'>
    readonly retryLoop: RetryLoop
    /** Aborted when there is no reason to go on. */
    readonly stop: AbortSignal
    /** Asks Kafka once more which logs there are: ends this assignment. */
    readonly learnAnew: () => void
  },
  logs: readonly KafkaLog[],
  tracked: readonly string[],
): Promise<readonly RegisteredLog[]> {
  const { missing, ahead, behind } = atMissing(logs, tracked)
  for (let attempt = 0; ; attempt++) {
    try {
      const registering = registerLogs(ports.clickhouse, ahead, 'consumer')
      const registered = await orAbandoned(registering, ports.stop)
      const known = await orAbandoned(generationsOf(ports.clickhouse, behind), ports.stop)
      if (known === null) {
        const error = new Error(waiting(missing, behind))
        const reason = 'missing_log'
        await ports.retryLoop.wait({ action: 'retry', reason, delayMs: LOOK_AGAIN_MS, error })
        ports.learnAnew()
        throw new Abandoned()
      }
      ports.retryLoop.recovered()
      return [...registered, ...known]
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error
      const decision = decide(classify(error.failure), { attempt, rows: 1 })
      const action = decision.action === 'retry' ? 'retry' : 'halt'
      const delayMs = 'delayMs' in decision ? decision.delayMs : HALT_MS
      await ports.retryLoop.wait({
        action,
        delayMs,
        reason: decision.reason,
        error: action === 'retry' ? error : new Error(remedy(logs, error), { cause: error }),
      })
    }
  }
}

/** As they are registered already; `null`: one is not. */
async function generationsOf(
  clickhouse: Pick<ClickHouse, 'query'>,
  logs: readonly KafkaLog[],
): Promise<readonly RegisteredLog[] | null> {
  if (logs.length === 0) return []
  const known = await readLogs(clickhouse)
  const found = logs.flatMap((log) => {
    const generation = generationOf(known, log)
    return generation === null ? [] : [{ ...log, generation }]
  })
  return found.length === logs.length ? found : null
}

/** Everybody joins anew for it. */
const LOOK_AGAIN_MS = 2_000
const HALT_MS = 30_000

/** For so long what ClickHouse said is not asked again; an insert takes about as long. */
export const CONFIRMED_FOR_MS = 1_000

/** How something is confirmed. */
export interface Confirming {
  readonly stop: AbortSignal
  /** Asks now, not by what was said a moment ago. @default false */
  readonly isAnew?: boolean
}

/**
 * Confirms that `kafka_logs` still has a log under the generation that was learnt at the assignment, by what it
 * said at most a second ago. A database that was dropped and set up again, restored, or exchanged behind
 * its address has others: rows with the old one would hide later updates.
 */
export type ConfirmLog = (log: RegisteredLog, how: Confirming) => Promise<void>

/**
 * @param ports.onOther called when a log has another generation now, or none: all must be learnt anew.
 * @returns what throws {Abandoned} in that case or when `stop` is aborted, {ClickHouseFailure} when it is not known.
 */
export function createConfirmLog(ports: {
  readonly clickhouse: Pick<ClickHouse, 'query'>
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  readonly onOther: (learnt: RegisteredLog, generation: number | null) => void
}): ConfirmLog {
  const ask = (): Promise<readonly RegisteredLog[]> => readLogs(ports.clickhouse)
  const recent = createRecentAnswer({ ask, now: ports.now, forMs: CONFIRMED_FOR_MS })
  return async (log, { stop, isAnew }) => {
    const generation = generationOf(await orAbandoned(recent.get(isAnew), stop), log)
    if (generation === log.generation) return
    recent.forget() // they are learnt anew
    ports.onOther(log, generation)
    throw new Abandoned()
  }
}

/** Asking again does no harm: nobody waits for an answer that may never come. */
export async function orAbandoned<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>()
  const giveUp = (): void => stopped.reject(new Abandoned())
  if (stop.aborted) giveUp()
  stop.addEventListener('abort', giveUp, { once: true })
  work.catch(() => {}) // what becomes of it after it was given up is nobody's concern
  try {
    return await Promise.race([work, stopped.promise])
  } finally {
    stop.removeEventListener('abort', giveUp)
  }
}

function waiting(missing: string | null, behind: readonly KafkaLog[]): string {
  const names = behind.map(({ topic }) => topic).join(', ')
  return (
    `Kafka does not tell of topic ${missing}, and kafka_logs has no generation for ${names}, which follows it: with one ` +
    'before it, old copies of events would hide new ones. This goes on by itself when the topic is there; if it was deleted, ' +
    'run `npm run setup`, which makes it anew'
  )
}

function remedy(logs: readonly KafkaLog[], error: ClickHouseFailure): string {
  const names = logs.map(({ topic }) => topic).join(', ')
  return (
    `which generation the logs of ${names} have in the table kafka_logs cannot be found out or settled: run ` +
    `\`npm run setup\` with the settings of this consumer, or grant it SELECT and INSERT there: ${error.message}`
  )
}
