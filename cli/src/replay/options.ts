import { InvalidArgumentError } from 'commander'
import { parseTimestamp } from '@custom-events/event'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * A moment as an operator says it: `2026-01-31T09:30:00Z`, `2026-01-31`, or how long ago: `90s`, `30m`,
 * `2h`, `7d`.
 *
 * @returns milliseconds since the epoch.
 * @throws {InvalidArgumentError}
 */
export function parseMoment(input: string, nowMs: number): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(input) ?? []
  if (amount !== undefined && unit !== undefined) {
    return nowMs - Number(amount) * (UNIT_MS[unit] ?? 0)
  }
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(input)
  const parsed = isDate ? parseTimestamp(input) : null
  if (parsed === null) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-01-31T09:30:00Z, or how long ago: 90s, 30m, 2h, 7d.',
    )
  }
  return parsed.ms
}

/** `a,b`, and again `c`: three codes. */
export function addCodes(input: string, before: readonly string[]): readonly string[] {
  const codes = input
    .split(',')
    .map((code) => code.trim())
    .filter((code) => code !== '')
  if (codes.length === 0) throw new InvalidArgumentError('Expected a code, or several with commas.')
  return [...before, ...codes]
}
