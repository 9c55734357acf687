import type { ClickHouse } from '../client/clickhouse.ts'
import { isRecorded, readRecord, todayOf } from './record.ts'
import { RETAINED_TABLES, type RetainedTable, type WantedRetention } from './tables.ts'
import { daysIn, firstKeptDay, ttlExpression, type Days, type Kept } from './ttl.ts'

/** Rows that a change deletes. */
export interface DueRows {
  /** `2026-01`. */
  readonly month: string
  /** Of one event, by name, where its tracking plan says how long it is kept. */
  readonly event: string | null
  readonly rows: number
}

/** A table whose TTL is not the wanted one, or to which a change of it was begun and not ended: then `from` is `to`. */
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
    const from = inForce.get(table.name)
    if (from === undefined) continue
    const kept = wanted[table.of] ?? (table.name === 'events' ? keptBy(from) : undefined)
    if (kept === undefined) continue
    const to = await asWritten(clickhouse, ttlExpression(table, kept))
    if (from === to && (await isWhole(clickhouse, table, kept))) continue
    changes.push({ table, kept, from, to, due: await dueRows(clickhouse, table, kept) })
  }
  return changes
}

/** What a TTL in force keeps; `undefined`: one that somebody made by hand. */
function keptBy(ttl: string | null): Kept | undefined {
  const days = ttl === null ? null : daysIn(ttl)
  return days === undefined ? undefined : { days }
}

/** Whether the change to the TTL in force ended: it is written down, and every part knows when it is due, or is about to. */
async function isWhole(clickhouse: ClickHouse, table: RetainedTable, kept: Kept): Promise<boolean> {
  if (table.name === 'events' && !isRecorded(await readRecord(clickhouse), kept)) return false
  if (ttlExpression(table, kept) === null) return true
  const [row] = await clickhouse.query<{ readonly unaware: string }>(
    `SELECT toString(count()) AS unaware FROM system.parts
     WHERE database = {database:String} AND table = {table:String} AND active AND rows > 0
       AND toUnixTimestamp(delete_ttl_info_max) = 0
       AND (SELECT count() FROM system.mutations
            WHERE database = {database:String} AND table = {table:String}
              AND NOT is_done AND command LIKE '%MATERIALIZE TTL%') = 0`,
    { database: clickhouse.database, table: table.name },
  )
  return row?.unaware === '0'
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
export async function asWritten(
  clickhouse: ClickHouse,
  ttl: string | null,
): Promise<string | null> {
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
