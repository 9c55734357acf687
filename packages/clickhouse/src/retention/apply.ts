import type { ClickHouse } from '../client/clickhouse.ts'
import { mustHaveRoom } from '../disk/room.ts'
import { onCluster } from '../client/cluster.ts'
import { asWritten, type RetentionChange } from './plan.ts'
import { daysOf, keptOf, readRecord, todayOf, type RetentionRecord } from './record.ts'
import { firstKeptDay, ttlExpression, type Days, type Kept } from './ttl.ts'

/**
 * Puts a change into force. Parts that are there are not rewritten: ClickHouse reads the columns of the expression and writes down
 * when each part is due; its merges then drop what is due, a month as a whole. Safe to repeat.
 *
 * @param cluster its name, empty: none
 * @throws {ClickHouseFailure}
 */
export async function applyRetention(
  clickhouse: ClickHouse,
  change: RetentionChange,
  cluster: string,
): Promise<void> {
  const { table, kept, from, to } = change
  // Rows of some events go from parts that stay, so those are rewritten, once each; without such none is.
  const isWhole = table.isByMonth && hasOneAge(kept)
  await mustHaveRoom({ clickhouse, cluster }, isWhole ? null : { table: table.name })
  // First: from now on no rollup counts anew what is about to go.
  if (table.name === 'events') await recordRetention(clickhouse, change)
  const alter = `ALTER TABLE ${table.name} ${onCluster(cluster)}`
  await clickhouse.command(
    `${alter} MODIFY SETTING ttl_only_drop_parts = ${isWhole ? 1 : 0}, materialize_ttl_recalculate_only = 1`,
  )
  if (to === null) {
    if (from !== null) await clickhouse.command(`${alter} REMOVE TTL`)
    return
  }
  // One request: cut off between two, parts would go by the TTL before it, or never. One that was cut off before is ended.
  const isBegun = from === to
  await clickhouse.command(
    isBegun
      ? `${alter} MATERIALIZE TTL`
      : `${alter} MODIFY TTL ${to} SETTINGS materialize_ttl_after_modify = 1`,
  )
}

function hasOneAge({ days, daysByEvent = new Map<string, Days>() }: Kept): boolean {
  return [...daysByEvent.values()].every((ofEvent) => ofEvent === days)
}

/**
 * Writes down how long events are kept, and up to when they may be gone already: what was deleted does not come back with
 * a longer time, and must not be counted anew either.
 */
async function recordRetention(clickhouse: ClickHouse, change: RetentionChange): Promise<void> {
  const { kept } = change
  const before = await readRecord(clickhouse)
  const daysByEvent = new Map<string, Days>([...(kept.daysByEvent ?? []), ['', kept.days]])
  // An event that has no days of its own any more is one of the others, and what is gone of it stays gone.
  for (const event of before.keys()) {
    if (!daysByEvent.has(event)) daysByEvent.set(event, kept.days)
  }
  const dueBefore = await dueUntilNow(clickhouse, change, before)
  for (const [event, days] of daysByEvent) {
    const was = before.get(event) ?? before.get('')
    await clickhouse.command(
      `INSERT INTO retention (event, days, gone_before)
       VALUES ({event:String}, {days:UInt32}, toDate32({gone:Int32}))`,
      { event, days: days ?? 0, gone: Math.max(was?.gone ?? NEVER, dueBefore(event)) },
    )
  }
}

/** Up to which day the TTL in force may have deleted rows of an event, which is not what the record says of a change that was cut off. */
async function dueUntilNow(
  clickhouse: ClickHouse,
  { table, kept, from, to }: RetentionChange,
  before: RetentionRecord,
): Promise<(event: string) => number> {
  if (from === null) return () => NEVER
  const recorded = keptOf(before)
  const isRecordInForce = from === (await asWritten(clickhouse, ttlExpression(table, recorded)))
  if (!isRecordInForce && from !== to) {
    // A TTL that nobody wrote down: made by hand, or by a version before the record.
    const oldest = await oldestDay(clickhouse)
    return () => oldest
  }
  const today = await todayOf(clickhouse)
  return (event) => {
    const days = daysOf(isRecordInForce ? recorded : kept, event)
    return days === null ? NEVER : firstKeptDay(days, today)
  }
}

/** 1900-01-01, the first day of a Date32. */
const NEVER = -25_567

/** The day after that of the oldest row: of that day some may be gone. */
async function oldestDay(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ readonly first: number }>(
    'SELECT toInt32(toDate32(min(timestamp))) + 1 AS first FROM events',
  )
  return row?.first ?? NEVER
}
