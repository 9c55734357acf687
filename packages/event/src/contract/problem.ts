import type { EventProblemCode, WarningCode } from './codes.ts'

/** One reason why an event was rejected. */
export interface Problem {
  /** RFC 6901, into the body as sent; for something missing, the place where it belongs. */
  readonly pointer: string
  readonly code: EventProblemCode
  readonly detail: string
  readonly expected: string | null
  /** Type and at most 64 characters of what was there. */
  readonly got: string | null
  readonly suggestion: string | null
}

/** Something about an accepted event that its producer should know. */
export interface Warning {
  readonly code: WarningCode
  readonly pointer: string
  readonly detail?: string
  readonly expected?: string | null
  readonly got?: string | null
  readonly suggestion?: string
}

/** At most this many problems of one event are told. */
export const MAX_PROBLEMS = 20

/** At most this many warnings of one kind are told for one event. */
export const MAX_WARNINGS = 20

const MAX_SHOWN_CHARS = 64

/** The type and at most 64 characters of a value: enough to recognise it, never a whole document. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return value === null ? 'null' : 'nothing'
  if (typeof value === 'string') return `string ${JSON.stringify(cut(value))}`
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  return Array.isArray(value) ? `array of ${value.length}` : 'object'
}

/** At most 64 characters of a text, an ellipsis where it was cut. */
export function cut(text: string): string {
  return text.length <= MAX_SHOWN_CHARS
    ? text.toWellFormed()
    : `${text.slice(0, MAX_SHOWN_CHARS - 1).toWellFormed()}…`
}
