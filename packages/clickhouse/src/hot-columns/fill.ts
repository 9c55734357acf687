import { setTimeout as delay } from 'node:timers/promises'
import { quoteIdentifier } from '../client/quote.ts'
import { mustHaveRoom } from '../disk/room.ts'
import { onCluster, everywhere, type Servers } from '../client/cluster.ts'
import { killMutations, readMutations } from './mutations.ts'

export interface FillOptions extends Servers {
  /** Columns of hot properties. */
  readonly columns: readonly string[]
  /** Fires when somebody wants it to end: the mutation is taken back, months that are done stay done. */
  readonly stop: AbortSignal
  readonly onProgress: (progress: FillProgress) => void
  /** How long a replica may take to hear of a mutation, in milliseconds. @default 10 s */
  readonly comesWithinMs?: number
}

export interface FillProgress {
  /** Rows in parts that lacked a column at first. */
  readonly rows: number
  readonly rowsDone: number
  /** The month at hand, `202603`. */
  readonly month: string
}

export interface FillResult {
  readonly outcome: 'filled' | 'stopped'
  readonly months: number
  readonly rows: number
}

/** A mutation that goes no further, or that ClickHouse gave up. */
export class FillFailure extends Error {
  constructor(month: string, reason: string) {
    super(`filling month ${month}: ${reason}; months before it are done, run it again to go on`)
    this.name = 'FillFailure'
  }
}

const LOOK_EVERY_MS = 500
/** A replica hears of a mutation from Keeper, within a second when all is well. */
const COMES_WITHIN_MS = 10_000
const GONE =
  'no mutation runs any more, but parts lack columns: was it killed, is a replica behind?'
/** Merges of others may come first, but not for so long. */
const STALLED_MS = 30 * 60_000

/**
 * Writes hot columns into parts from before they were declared, where they are computed with each query. A mutation
 * for each month, the latest first; what has the columns already is not touched, so that a run goes on where another
 * ended, whatever ended that.
 *
 * @throws {FillFailure | ClickHouseFailure}
 */
export async function fillHotColumns(asked: FillOptions): Promise<FillResult> {
  const columns = [...new Set(asked.columns)] // parts are told by how many of them they have
  const options = { ...asked, columns }
  const { stop } = options
  const lacking = columns.length === 0 ? [] : await readLacking(options)
  const rows = lacking.reduce((sum, month) => sum + month.rows, 0)
  let [months, rowsDone] = [0, 0]
  for (const month of lacking) {
    if (stop.aborted) return { outcome: 'stopped', months, rows: rowsDone }
    const before = rowsDone
    const isDone = await fillMonth(options, month, (share) =>
      options.onProgress({
        rows,
        rowsDone: before + Math.floor(share * month.rows),
        month: month.month,
      }),
    )
    if (!isDone) return { outcome: 'stopped', months, rows: rowsDone }
    rowsDone += month.rows
    months += 1
    options.onProgress({ rows, rowsDone, month: month.month })
  }
  return { outcome: 'filled', months, rows: rowsDone }
}

/** Parts of one month that lack at least one of the columns. */
interface Lacking {
  readonly month: string
  readonly parts: number
  readonly rows: number
}

/** Those of the latest month first, on all servers. @throws {ClickHouseFailure} */
async function readLacking(options: FillOptions): Promise<readonly Lacking[]> {
  const { clickhouse, cluster, columns } = options
  return clickhouse.query<Lacking>(
    `SELECT month, toUInt32(count()) AS parts, sum(size)::Float64 AS rows
     FROM (
       SELECT partition_id AS month, any(p.rows) AS size
       FROM ${everywhere('system.parts_columns', cluster)} AS p
       WHERE active AND database = {database:String} AND table = 'events' AND p.rows > 0
       GROUP BY hostName(), partition_id, name
       HAVING uniqExactIf(column, has({columns:Array(String)}, column)) < {count:UInt32})
     GROUP BY month ORDER BY month DESC`,
    { database: clickhouse.database, columns, count: columns.length },
  )
}

/** @returns whether it is filled: else somebody wanted it to end. */
async function fillMonth(
  options: FillOptions,
  lacking: Lacking,
  onShare: (share: number) => void,
): Promise<boolean> {
  const { clickhouse, columns, cluster, comesWithinMs = COMES_WITHIN_MS } = options
  const { month } = lacking
  if ((await readMutations(options, month)).running > 0) {
    // An earlier run began it, and was killed: it goes on by itself, perhaps of other columns.
    if (!(await untilNoneRuns(options, lacking, onShare))) return false
    if (await isFilled(options, month)) return true
  }
  const commands = columns.map(
    (column) => `MATERIALIZE COLUMN ${quoteIdentifier(column)} IN PARTITION ID '${month}'`,
  )
  await mustHaveRoom(options, { table: 'events', partition: month })
  await clickhouse.command(
    `ALTER TABLE events ${onCluster(cluster)} ${commands.join(', ')} SETTINGS mutations_sync = 0`,
  )
  // Where none runs it may have ended, be taken back by somebody, or not have come yet: the parts tell.
  const askedAt = performance.now()
  while (await untilNoneRuns(options, lacking, onShare)) {
    if (await isFilled(options, month)) return true
    if (performance.now() - askedAt > comesWithinMs) {
      if (options.stop.aborted) return false
      throw new FillFailure(month, GONE)
    }
    await delay(LOOK_EVERY_MS)
  }
  return false
}

async function isFilled(options: FillOptions, month: string): Promise<boolean> {
  const lacking = await readLacking(options)
  return !lacking.some((each) => each.month === month)
}

/** Waits while mutations of a month run; @returns `false`: they were taken back, as somebody wanted it. */
async function untilNoneRuns(
  options: FillOptions,
  { month, parts }: Lacking,
  onShare: (share: number) => void,
): Promise<boolean> {
  const { stop } = options
  let [least, changedAt] = [Infinity, performance.now()]
  for (;;) {
    const { running, left, failure } = await readMutations(options, month)
    if (running === 0) return true
    if (left < least) [least, changedAt] = [left, performance.now()]
    const isStalled = performance.now() - changedAt > STALLED_MS
    const stalled = isStalled ? `no part was done for ${STALLED_MS / 60_000} minutes` : ''
    const reason = failure === '' ? stalled : failure
    if (reason !== '' || stop.aborted) {
      await killMutations(options, month)
      if (reason !== '') throw new FillFailure(month, reason)
      return false
    }
    onShare(Math.max(0, 1 - left / parts))
    await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => {}) // at once when it is to end
  }
}
