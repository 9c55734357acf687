import type { WarningCode } from '../contract/codes.ts'

/** A moment read from what a producer sent, in milliseconds since the epoch. */
export interface ParsedTimestamp {
  readonly ms: number
  readonly warnings: readonly WarningCode[]
}

/** The accepted forms, in words; shown to a producer whose timestamp is not one of them. */
export const TIMESTAMP_FORMS =
  'RFC 3339 such as 2023-11-03T10:15:20.123Z, or Unix time in 10 (s), 13 (ms), 16 (µs) or 19 (ns) digits'

/** date, then optionally: time, seconds, fraction, zone */
const FORM =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/
/** The basic format of ISO 8601: the same parts without what stands between them, and always with a time. */
const BASIC_FORM =
  /^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/
/** Seconds, perhaps with a fraction; milli-, micro-, nanoseconds. */
const EPOCH_FORM = /^(?:\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})$/
const LONGEST_FORM = '2023-11-03T10:15:20.123456789+00:00'.length

const DAY_MS = 86_400_000

/**
 * Reads a timestamp in one of the accepted forms, independent of the process's time zone.
 *
 * @param text the value as it was sent: of a number of 19 digits a double keeps 16.
 * @returns `null` when it is none of them, or names a moment that does not exist (Feb 30, 24:00).
 */
export function parseTimestamp(value: unknown, text = ''): ParsedTimestamp | null {
  if (typeof value === 'number') return parseEpoch(EPOCH_FORM.test(text) ? text : String(value))
  if (typeof value !== 'string' || value.length > LONGEST_FORM) return null
  return EPOCH_FORM.test(value) ? parseEpoch(value) : parseText(value)
}

function parseEpoch(digits: string): ParsedTimestamp | null {
  if (!EPOCH_FORM.test(digits)) return null
  return { ms: epochMs(digits), warnings: ['timestamp_epoch'] }
}

/** Digit by digit: a product of doubles would end beside the millisecond. */
function epochMs(digits: string): number {
  const [whole = '', fraction = ''] = digits.split('.')
  if (whole.length > 10) return Number(whole.slice(0, 13))
  return Number(whole) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
}

function parseText(text: string): ParsedTimestamp | null {
  const match = FORM.exec(text) ?? BASIC_FORM.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const days = daysSinceEpoch(Number(year), Number(month), Number(day))
  if (days === null) return null
  if (hour === undefined) return { ms: days * DAY_MS, warnings: ['timestamp_low_precision'] }
  const timeMs = timeOfDayMs(Number(hour), Number(minute), Number(second ?? 0), fraction)
  const offsetMs = zoneOffsetMs(zone)
  if (timeMs === null || offsetMs === null) return null
  return { ms: days * DAY_MS + timeMs - offsetMs, warnings: warningsOf(second, zone) }
}

const NONE: readonly WarningCode[] = []

function warningsOf(second: string | undefined, zone: string | undefined): readonly WarningCode[] {
  if (second !== undefined && second !== '60' && zone !== undefined) return NONE
  const warnings: WarningCode[] = []
  if (second === undefined) warnings.push('timestamp_low_precision')
  if (second === '60') warnings.push('timestamp_leap_second')
  if (zone === undefined) warnings.push('timestamp_assumed_utc')
  return warnings
}

/** Second 60 becomes the last millisecond before it: the day has 86,400 seconds in every column. */
function timeOfDayMs(
  hour: number,
  minute: number,
  second: number,
  fraction: string | undefined,
): number | null {
  if (hour > 23 || minute > 59 || second > 60) return null
  const minuteMs = (hour * 60 + minute) * 60_000
  if (second === 60) return minuteMs + 59_999
  return minuteMs + second * 1_000 + Number((fraction ?? '').slice(0, 3).padEnd(3, '0'))
}

function zoneOffsetMs(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = zone.length === 3 ? 0 : Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return null
  const offset = (hours * 60 + minutes) * 60_000
  return zone.startsWith('-') ? -offset : offset
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days from 1970-01-01 in the proleptic Gregorian calendar, or `null` for a day that is not in it. */
function daysSinceEpoch(year: number, month: number, day: number): number | null {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const lastDay = month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  if (day < 1 || day > lastDay) return null
  const before = year - 1 // leap days up to the end of the year before, then whole months
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  let dayOfYear = day - 1 + (isLeap && month > 2 ? 1 : 0)
  for (const days of DAYS_IN_MONTH.slice(0, month - 1)) dayOfYear += days
  return 365 * year + leapDays + dayOfYear - DAYS_TO_EPOCH
}

/** 1970 × 365 + the leap days of the years 1 to 1969, as counted above. */
const DAYS_TO_EPOCH = 365 * 1970 + 492 - 19 + 4
