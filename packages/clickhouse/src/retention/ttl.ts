import { quoteText } from '../client/quote.ts'

/** How long rows are kept: days from their time, `null`: for ever. */
export type Days = number | null

/** How long the rows of one table are kept. */
export interface Kept {
  readonly days: Days
  /** Of events by name that are kept for another time. @default none */
  readonly daysByEvent?: ReadonlyMap<string, Days>
}

/** A table whose rows expire. */
export interface ExpiringTable {
  readonly name: string
  /** Column that their age is told by. */
  readonly time: string
  /** Whether each part holds rows of one month only, so that parts can go as a whole. */
  readonly isByMonth: boolean
}

/** After the longest that can be asked for: a TTL of then never comes. */
const FOR_EVER_DAYS = 1_000_000
/** What a DateTime can hold, in seconds: a row that is to stay for 100 years must not wrap to 1970. */
const [EARLIEST_S, LATEST_S] = [86_400, 4_294_000_000]
/** The longest month; and a day, because the first of a month is its day number 1. */
const MONTH_AND_ONE_DAY = 32

/**
 * When a row expires, as an expression of SQL; `null`: never. All rows of a month expire together, 31 days after its first
 * day and the days that they are kept: so a month goes as a whole, and one that is not yet due is never rewritten. One
 * expression and no `DELETE WHERE`: parts with such are rewritten again and again
 * (https://github.com/ClickHouse/ClickHouse/issues/45608), and a TTL of a column would keep parts from being dropped
 * (https://github.com/ClickHouse/ClickHouse/issues/120310).
 */
export function ttlExpression({ time }: Pick<ExpiringTable, 'time'>, kept: Kept): string | null {
  const days = daysExpression(kept)
  if (days === null) return null
  const day = `toDate32(${time})`
  const dueDay = `toInt64(toInt32(${day})) - toDayOfMonth(${day}) + ${MONTH_AND_ONE_DAY} + ${days}`
  return `toDateTime(least(greatest((${dueDay}) * 86400, ${EARLIEST_S}), ${LATEST_S}))`
}

/** The days of a TTL of ours, as ClickHouse writes it; `undefined`: it is none of ours, or has days of single events. */
export function daysIn(ttl: string): number | undefined {
  const [, days] = /\+ 32\) \+ (\d+)\)/.exec(ttl) ?? []
  return days === undefined ? undefined : Number(days)
}

/** How many days a row is kept. */
function daysExpression({ days, daysByEvent = new Map() }: Kept): string | null {
  const own = [...daysByEvent].filter(([, ofEvent]) => ofEvent !== days)
  if (own.length === 0) return days === null ? null : String(days)
  const names = own.map(([event]) => quoteText(event)).join(', ')
  const numbers = own.map(([, ofEvent]) => ofEvent ?? FOR_EVER_DAYS).join(', ')
  return `transform(toString(event), [${names}], [${numbers}], ${days ?? FOR_EVER_DAYS})`
}

/**
 * The first day, as days since 1970, of the earliest month that is not due. What is due lies before it.
 * @param today days since 1970, UTC
 */
export function firstKeptDay(days: number, today: number): number {
  const last = new Date((today - days - (MONTH_AND_ONE_DAY - 1)) * DAY_MS)
  return Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1, 1) / DAY_MS
}

export const DAY_MS = 86_400_000
