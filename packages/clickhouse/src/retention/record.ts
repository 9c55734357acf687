import type { ClickHouse } from '../client/clickhouse.ts'
import type { Days, Kept } from './ttl.ts'

/** A row of the table `retention`. */
export interface Recorded {
  /** By name; empty: all others. */
  readonly event: string
  /** 0: for ever. */
  readonly days: number
  /** Days since 1970: of days before it rows may be gone. */
  readonly gone: number
}

/** The table `retention`, by which rollups know what is gone; by event. */
export type RetentionRecord = ReadonlyMap<string, Recorded>

/** @throws {ClickHouseFailure} */
export async function readRecord(clickhouse: ClickHouse): Promise<RetentionRecord> {
  const rows = await clickhouse.query<Recorded>(
    `SELECT event, days, toInt32(gone_before) AS gone FROM retention FINAL`,
  )
  return new Map(rows.map((row) => [row.event, row]))
}

/** Whether the record says what is to be kept; an empty one says: everything, for ever. */
export function isRecorded(record: RetentionRecord, kept: Kept): boolean {
  const recorded = keptOf(record)
  const events = new Set([...record.keys(), ...(kept.daysByEvent?.keys() ?? []), ''])
  return [...events].every((event) => daysOf(recorded, event) === daysOf(kept, event))
}

export function keptOf(record: RetentionRecord): Kept {
  const days = [...record.values()].map(
    (row) => [row.event, row.days === 0 ? null : row.days] as const,
  )
  const daysByEvent = new Map<string, Days>(days)
  const ofOthers = daysByEvent.get('') ?? null
  daysByEvent.delete('')
  return { days: ofOthers, daysByEvent }
}

/** How long one event is kept. */
export function daysOf({ days, daysByEvent }: Kept, event: string): Days {
  const own = daysByEvent?.get(event)
  return own === undefined ? days : own
}

/** How long events are kept, by name, as it was put into force last; of all others by ''. @throws {ClickHouseFailure} */
export async function keptEvents(clickhouse: ClickHouse): Promise<ReadonlyMap<string, Days>> {
  const record = await readRecord(clickhouse)
  return new Map([...record.values()].map(({ event, days }) => [event, days === 0 ? null : days]))
}

/** Days since 1970, UTC, by the clock of ClickHouse, by which rows expire. @throws {ClickHouseFailure} */
export async function todayOf(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ readonly today: number }>(
    `SELECT toInt32(toDate32(now('UTC'))) AS today`,
  )
  if (row === undefined) throw new Error('ClickHouse did not tell the day')
  return row.today
}
