import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '@custom-events/clickhouse'
import type { PartitionOffset } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { EndsOfTopics } from './ends-of-topics.ts'
import { insertSettled, rowsOfHolding, type Holding, type RowsOfHolding } from './settled-rows.ts'

/** Tells in ClickHouse up to when the partitions of this consumer are complete. */
export interface Completeness extends AsyncDisposable {
  /** `null`: the assignment is over. */
  assigned(holding: Holding | null): void
  /** Something was settled: it is told soon. */
  moved(): void
  /** Records below this offset are gone that nobody has read. */
  lost(at: PartitionOffset): void
}

export interface CompletenessOptions {
  /** A connection of its own: what is slow here holds no batch back. */
  readonly clickhouse: Pick<ClickHouse, 'query' | 'command'>
  /** Why nothing may be told to this ClickHouse, as when its address stands for another shard now; `null`: it may. */
  readonly whyNotOurs: () => Promise<string | null>
  readonly logEnds: Pick<EndsOfTopics, 'read'>
  /** Every topic that accepted events may lie in; `null`: there may be one more that is not known yet. */
  readonly generations: () => readonly string[] | null
  /** Those that do not grow. */
  readonly otherTopics: readonly string[]
  readonly log: Pick<Logger, 'warn' | 'info' | 'debug'>
  readonly onRecorded: (outcome: 'recorded' | 'failed') => void
  /** @default TIMES */
  readonly times?: typeof TIMES
  /** Resolves early when aborted. @default that of the system's clock */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

const TIMES = {
  /** While something is settled. */
  everyMs: 1_000,
  /** While nothing is; idle partitions become complete all the same. */
  idleEveryMs: 5_000,
}

/** Failing for so long is told, once. */
const TELL_AFTER_MS = 60_000

/**
 * A loop beside that of `consume.ts`, which it neither waits for nor holds up: it never throws, and it does one thing at a
 * time. What it could not write is written by the next look.
 */
export function recordCompleteness(options: CompletenessOptions): Completeness {
  const { log, onRecorded, times = TIMES, pause = sleep } = options
  const closing = new AbortController()
  const failing = createFailing(log)
  let current: RowsOfHolding | null = null
  let hasMoved = false
  let lookedAt = -Infinity

  const isDue = (): boolean =>
    current !== null && (hasMoved || performance.now() - lookedAt >= times.idleEveryMs)

  const record = async (): Promise<void> => {
    if (current === null) return
    const holding = current
    hasMoved = false
    lookedAt = performance.now()
    try {
      const notOurs = await options.whyNotOurs()
      if (notOurs !== null) throw new Error(notOurs)
      const before = holding.before()
      const atMs = await timeOf(options.clickhouse)
      // After the time: whoever writes to a generation that is not among these begins later than that.
      const generations = options.generations()
      if (generations === null) throw new Error('it is not known whether the topic has grown')
      if (!holding.hasEach(generations)) return // the next assignment does
      // After the time, never before: see 0007_settled.sql.
      const ends = await options.logEnds.read([...generations, ...options.otherTopics])
      const rows = holding.rows({ ...ends, atMs, before })
      if (rows.length > 0) {
        await insertSettled(options.clickhouse, rows)
        onRecorded('recorded')
      }
      failing.over()
    } catch (error) {
      hasMoved = true // not only when something else is settled
      onRecorded('failed')
      failing.failed(error)
    }
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      if (isDue()) await untilAborted(record(), closing.signal)
      await pause(times.everyMs, closing.signal)
    }
  }
  const running = run()

  return {
    assigned: (holding) => {
      current = holding === null ? null : rowsOfHolding(holding)
      hasMoved = true
    },
    moved: () => {
      hasMoved = true
    },
    lost: (at) => {
      current?.lost(at)
      hasMoved = true
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await running
    },
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}

/** By the clock of ClickHouse, in milliseconds since 1970. */
async function timeOf(clickhouse: Pick<ClickHouse, 'query'>): Promise<number> {
  const [row] = await clickhouse.query<{ readonly ms: string }>(
    'SELECT toUnixTimestamp64Milli(now64(3)) AS ms',
  )
  if (row === undefined) throw new Error('ClickHouse did not tell the time')
  return Number(row.ms)
}

/** Who stops does not wait for servers that do not answer. */
async function untilAborted(running: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const end = (): void => aborted.resolve()
  signal.addEventListener('abort', end, { once: true })
  await Promise.race([running, aborted.promise])
  signal.removeEventListener('abort', end)
}

const STANDS_STILL =
  'complete_until stands still: it cannot be recorded; events go on ' +
  '(docs/runbook.md#complete_until-stands-still)'

function createFailing(log: CompletenessOptions['log']) {
  let since: number | null = null
  let isTold = false
  return {
    failed: (error: unknown): void => {
      since ??= performance.now()
      log.debug({ err: error }, 'complete_until was not recorded')
      if (isTold || performance.now() - since < TELL_AFTER_MS) return
      isTold = true
      log.warn({ err: error }, STANDS_STILL)
    },
    over: (): void => {
      if (isTold) log.info({}, 'complete_until is recorded again')
      since = null
      isTold = false
    },
  }
}
