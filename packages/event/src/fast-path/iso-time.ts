/** `2023-11-03T10:15:20.123Z`, or without its fraction. */
const WITH_FRACTION = 24
const WITHOUT_FRACTION = 20

/**
 * Reads the form in which nearly every timestamp is sent, from bytes; -1 for any other, and for
 * moments that do not exist: parseTimestamp, the reference, knows all forms.
 */
export function readIsoTime(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length !== WITH_FRACTION && length !== WITHOUT_FRACTION) return -1
  const isPunctuated =
    bytes[start + 4] === 0x2d &&
    bytes[start + 7] === 0x2d &&
    bytes[start + 10] === 0x54 &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a &&
    bytes[end - 1] === 0x5a
  if (!isPunctuated) return -1
  const year = two(bytes, start) * 100 + two(bytes, start + 2)
  const month = two(bytes, start + 5)
  const day = two(bytes, start + 8)
  const hour = two(bytes, start + 11)
  const minute = two(bytes, start + 14)
  const second = two(bytes, start + 17)
  const ms = length === WITH_FRACTION ? fraction(bytes, start + 19) : 0
  const isKnown = year >= 1970 && month >= 1 && month <= 12 && day >= 1
  if (!isKnown || !(hour <= 23 && minute <= 59 && second <= 59 && ms >= 0)) return -1
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const lastDay = month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  if (day > lastDay) return -1
  const days = daysToYear(year) + (DAYS_BEFORE_MONTH[month - 1] ?? 0) + day - 1
  const leapDay = isLeap && month > 2 ? 1 : 0
  return (((days + leapDay) * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + ms
}

/** Two digits; NaN, which nothing is equal to or less than, when they are none. */
function two(bytes: Uint8Array, at: number): number {
  return digit(bytes, at) * 10 + digit(bytes, at + 1)
}

function fraction(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x2e ? digit(bytes, at + 1) * 100 + two(bytes, at + 2) : Number.NaN
}

function digit(bytes: Uint8Array, at: number): number {
  const value = (bytes[at] ?? 0) - 0x30
  return value >= 0 && value <= 9 ? value : Number.NaN
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
/** Days before 1970-01-01, counted as below. */
const DAYS_TO_EPOCH = 719_162

function daysToYear(year: number): number {
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  return 365 * before + leapDays - DAYS_TO_EPOCH
}
