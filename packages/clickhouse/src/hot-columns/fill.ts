import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '../client/clickhouse.ts'
import { quoteIdentifier } from '../client/requests.ts'

export interface FillOptions {
  readonly clickhouse: ClickHouse
  /** Columns of hot properties. */
  readonly columns: readonly string[]
  /** `ON CLUSTER …`, or nothing. @default '' */
  readonly onCluster?: string
  /** Fires when somebody wants it to end: the mutation is taken back, months that are done stay done. */
  readonly stop: AbortSignal
  readonly onProgress: (progress: FillProgress) => void
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
/** Merges of others may come first, but not for so long. */
const STALLED_MS = 30 * 60_000

/**
 * Writes hot columns into parts from before they were declared, where they are computed with each query. A mutation
 * for each month, the latest first; what has the columns already is not touched, so that a run goes on where another
 * ended, whatever ended that.
 *
 * @throws {FillFailure | ClickHouseFailure}
 */
export async function fillHotColumns(options: FillOptions): Promise<FillResult> {
  const { columns, stop } = options
  const lacking = columns.length === 0 ? [] : await readLacking(options)
  const rows = lacking.reduce((sum, month) => sum + month.rows, 0)
  let [months, rowsDone] = [0, 0]
  for (const month of lacking) {
    if (stop.aborted) return { outcome: 'stopped', months, rows: rowsDone }
    const before = rowsDone
    const isFilled = await fillMonth(options, month, (share) =>
      options.onProgress({
        rows,
        rowsDone: before + Math.floor(share * month.rows),
        month: month.month,
      }),
    )
    if (!isFilled) return { outcome: 'stopped', months, rows: rowsDone }
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

/** Those of the latest month first. @throws {ClickHouseFailure} */
async function readLacking({ clickhouse, columns }: FillOptions): Promise<readonly Lacking[]> {
  return clickhouse.query<Lacking>(
    `SELECT partition_id AS month, toUInt32(count()) AS parts, sum(p.rows)::Float64 AS rows
     FROM system.parts AS p
     WHERE active AND database = {database:String} AND table = 'events' AND p.rows > 0 AND name NOT IN (
       SELECT name FROM system.parts_columns
       WHERE active AND database = {database:String} AND table = 'events' AND has({columns:Array(String)}, column)
       GROUP BY name HAVING uniqExact(column) = {count:UInt32})
     GROUP BY month ORDER BY month DESC`,
    { database: clickhouse.database, columns, count: columns.length },
  )
}

/** A mutation, as system.mutations has it. */
interface Mutation {
  readonly id: string
  readonly left: number
  readonly failure: string
}

/** @returns whether it is filled: else somebody wanted it to end. */
async function fillMonth(
  options: FillOptions,
  lacking: Lacking,
  onShare: (share: number) => void,
): Promise<boolean> {
  const { clickhouse, columns, onCluster = '' } = options
  const { month } = lacking
  if ((await running(clickhouse, month)).length > 0) {
    // An earlier run began it, and was killed: it goes on by itself.
    if (!(await hasEnded(options, lacking, onShare))) return false
    const left = await readLacking(options)
    if (!left.some((each) => each.month === month)) return true
  }
  const commands = columns.map(
    (column) => `MATERIALIZE COLUMN ${quoteIdentifier(column)} IN PARTITION ID '${month}'`,
  )
  await clickhouse.command(
    `ALTER TABLE events ${onCluster} ${commands.join(', ')} SETTINGS mutations_sync = 0`,
  )
  return hasEnded(options, lacking, onShare)
}

/** Waits for the mutations of a month; @returns `false`: they were taken back, as somebody wanted it. */
async function hasEnded(
  { clickhouse, stop }: FillOptions,
  { month, parts }: Lacking,
  onShare: (share: number) => void,
): Promise<boolean> {
  let [least, changedAt] = [Infinity, performance.now()]
  for (;;) {
    const mutations = await running(clickhouse, month)
    if (mutations.length === 0) return true
    const left = mutations.reduce((sum, mutation) => sum + mutation.left, 0)
    if (left < least) [least, changedAt] = [left, performance.now()]
    const isStalled = performance.now() - changedAt > STALLED_MS
    const reason =
      mutations.find(({ failure }) => failure !== '')?.failure ??
      (isStalled ? `no part was done for ${STALLED_MS / 60_000} minutes` : null)
    if (reason !== null || stop.aborted) {
      for (const { id } of mutations) await kill(clickhouse, id)
      if (reason !== null) throw new FillFailure(month, reason)
      return false
    }
    onShare(Math.max(0, 1 - left / mutations.length / parts))
    await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => {}) // at once when it is to end
  }
}

/** Mutations that fill columns of this month and have not ended. */
async function running(clickhouse: ClickHouse, month: string): Promise<readonly Mutation[]> {
  return clickhouse.query<Mutation>(
    `SELECT mutation_id AS id, toUInt32(any(m.parts_to_do)) AS left, any(m.latest_fail_reason) AS failure
     FROM system.mutations AS m
     WHERE database = {database:String} AND table = 'events' AND NOT is_done AND NOT is_killed
       AND command LIKE '%MATERIALIZE COLUMN%' AND position(command, {partition:String}) > 0
     GROUP BY mutation_id`,
    { database: clickhouse.database, partition: `IN PARTITION ID '${month}'` },
  )
}

async function kill(clickhouse: ClickHouse, id: string): Promise<void> {
  await clickhouse.command(
    `KILL MUTATION WHERE database = {database:String} AND table = 'events' AND mutation_id = {id:String}`,
    { database: clickhouse.database, id },
  )
}
