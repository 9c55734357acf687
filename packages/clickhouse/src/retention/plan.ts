import type { ClickHouse } from '../client/clickhouse.ts'
import { RETAINED_TABLES, type RetainedTable, type WantedRetention } from './tables.ts'
import { firstKeptDay, ttlExpression, type Days, type Kept } from './ttl.ts'

/** Rows that a change deletes. */
export interface DueRows {
  /** `2026-01`. */
  readonly month: string
  /** Of one event, by name, where its tracking plan says how long it is kept. */
  readonly event: string | null
  readonly rows: number
}

/** A table whose TTL is not the wanted one. */
export interface RetentionChange {
  readonly table: RetainedTable
  readonly kept: Kept
  /** The TTL in force, as ClickHouse writes it; `null`: none. */
  readonly from: string | null
  readonly to: string | null
  /** What it deletes of what is there, by month; empty: nothing. */
  readonly due: readonly DueRows[]
}

/**
 * What must change so that everything is kept as wanted; changes nothing.
 * @throws {ClickHouseFailure}
 */
export async function planRetention(
  clickhouse: ClickHouse,
  wanted: WantedRetention,
): Promise<readonly RetentionChange[]> {
  const inForce = await ttlsInForce(clickhouse)
  const changes: RetentionChange[] = []
  for (const table of RETAINED_TABLES) {
    const kept = wanted[table.of]
    const from = inForce.get(table.name)
    if (kept === undefined || from === undefined) continue
    const to = await asWritten(clickhouse, ttlExpression(table, kept))
    if (from === to) continue
    changes.push({ table, kept, from, to, due: await dueRows(clickhouse, table, kept) })
  }
  return changes
}

/** TTLs of our tables by name; `null`: none. */
async function ttlsInForce(clickhouse: ClickHouse): Promise<ReadonlyMap<string, string | null>> {
  const rows = await clickhouse.query<{ readonly name: string; readonly made: string }>(
    `SELECT name, create_table_query AS made FROM system.tables
     WHERE database = {database:String} AND name IN {names:Array(String)}`,
    { database: clickhouse.database, names: RETAINED_TABLES.map(({ name }) => name) },
  )
  return new Map(rows.map(({ name, made }) => [name, ttlIn(made)]))
}

/** As ClickHouse writes an expression in the statement that makes a table. */
async function asWritten(clickhouse: ClickHouse, ttl: string | null): Promise<string | null> {
  if (ttl === null) return null
  const [row] = await clickhouse.query<{ readonly made: string }>(
    'SELECT formatQuerySingleLine({statement:String}) AS made',
    { statement: `CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a TTL ${ttl}` },
  )
  return ttlIn(row?.made ?? '')
}

/** The TTL in the statement that makes a table; texts in it may hold any word. */
export function ttlIn(made: string): string | null {
  const outside = made.replaceAll(TEXT, (text) => '\0'.repeat(text.length))
  const start = outside.lastIndexOf(' TTL ')
  if (start === -1) return null
  const rest = outside.slice(start + 5)
  const length = / (?:SETTINGS|COMMENT) /.exec(rest)?.index ?? rest.length
  return made.slice(start + 5, start + 5 + length)
}

const TEXT = /'(?:\\[\s\S]|''|[^'\\])*'|`(?:\\[\s\S]|[^`\\])*`/g

/** Rows that are due with the wanted retention. @throws {ClickHouseFailure} */
async function dueRows(
  clickhouse: ClickHouse,
  { name, time }: RetainedTable,
  { days, daysByEvent = new Map<string, Days>() }: Kept,
): Promise<readonly DueRows[]> {
  const today = await todayOf(clickhouse)
  const own = [...daysByEvent].filter(([, ofEvent]) => ofEvent !== days)
  const count = async (ofDays: Days, event: string | null): Promise<readonly DueRows[]> => {
    if (ofDays === null) return []
    const isEvent = event === null ? NOT_OWN : 'event = {event:String}'
    const rows = await clickhouse.query<{ readonly month: string; readonly rows: string }>(
      `SELECT formatDateTime(toDate32(${time}), '%Y-%m') AS month, toString(count()) AS rows FROM ${name}
       WHERE ${time} < toDate32({first:Int32}) ${daysByEvent.size === 0 ? '' : `AND ${isEvent}`}
       GROUP BY month ORDER BY month`,
      {
        first: Math.max(firstKeptDay(ofDays, today), EARLIEST_DAY),
        event: event ?? '',
        own: own.map(([each]) => each),
      },
    )
    return rows.map((row) => ({ month: row.month, event, rows: Number(row.rows) }))
  }
  const counted = [await count(days, null)]
  for (const [event, ofEvent] of own) counted.push(await count(ofEvent, event))
  return counted.flat()
}

const NOT_OWN = 'event NOT IN {own:Array(String)}'
/** 1900-01-01, the first day of a Date32. */
const EARLIEST_DAY = -25_567

/** Days since 1970, UTC, by the clock of ClickHouse, by which rows expire. @throws {ClickHouseFailure} */
export async function todayOf(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ readonly today: number }>(
    `SELECT toInt32(toDate32(now('UTC'))) AS today`,
  )
  if (row === undefined) throw new Error('ClickHouse did not tell the day')
  return row.today
}

/** How long events are kept, by name, as it was put into force last; of all others by ''. @throws {ClickHouseFailure} */
export async function keptEvents(clickhouse: ClickHouse): Promise<ReadonlyMap<string, Days>> {
  const rows = await clickhouse.query<{ readonly event: string; readonly days: number }>(
    'SELECT event, days FROM retention FINAL',
  )
  return new Map(rows.map(({ event, days }) => [event, days === 0 ? null : days]))
}
