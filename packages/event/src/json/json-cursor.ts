import { pointerOf, type Step } from './pointer.ts'

export type FindingCode =
  | 'duplicate_key'
  | 'invalid_unicode'
  | 'number_out_of_range'
  | 'unsafe_number'
  | 'too_deep'
  | 'too_many_properties'

/** Something `JSON.parse` does not tell. */
export interface Finding {
  readonly code: FindingCode
  readonly pointer: string
  /** The number's digits or the key; empty where there is nothing to show. */
  readonly shown: string
}

export interface ScanLimits {
  /** Containers inside one another, counted from a member of the event. @default 32 */
  readonly maxDepth: number
  /** Keys inside one member of the event, at any depth. @default 1000 */
  readonly maxKeys: number
}

export const SCAN_LIMITS: ScanLimits = { maxDepth: 32, maxKeys: 1_000 }

/** A place in a text that is JSON, and what was found on the way there. */
export interface Cursor {
  readonly text: string
  readonly limits: ScanLimits
  at: number
  /** Of the value being scanned; `path` continues it. */
  pointer: string
  path: Step[]
  keyCount: number
  /** At most 20 of each code. */
  findings: Finding[]
  countByCode: Partial<Record<FindingCode, number>>
}

/** A cursor before a value. */
export function cursorAt(text: string, start: number, limits: ScanLimits): Cursor {
  return {
    text,
    limits,
    at: start,
    pointer: '',
    path: [],
    keyCount: 0,
    findings: [],
    countByCode: {},
  }
}

/** Each event has its own pointer and findings. */
export function beginValue(cursor: Cursor, pointer: string): void {
  cursor.pointer = pointer
  cursor.path = []
  cursor.findings = []
  cursor.countByCode = {}
}

export const QUOTE = 0x22
const BACKSLASH = 0x5c
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
const SPACE = 0x20

/** Consumes a bracket, elements separated by commas, and the closing bracket. */
export function takeSequence(cursor: Cursor, close: number, takeOne: () => void): void {
  cursor.at += 1
  skipSpace(cursor)
  if (codeAt(cursor) === close) {
    cursor.at += 1
    return
  }
  for (;;) {
    takeOne()
    skipSpace(cursor)
    const isMore = codeAt(cursor) === COMMA
    cursor.at += 1
    if (!isMore) return
    skipSpace(cursor)
  }
}

/** Consumes a string and returns what it says. */
export function takeText(cursor: Cursor): string {
  const start = cursor.at
  const hasEscapes = skipText(cursor)
  if (!hasEscapes) return cursor.text.slice(start + 1, cursor.at - 1)
  const value: unknown = JSON.parse(cursor.text.slice(start, cursor.at))
  const text = typeof value === 'string' ? value : ''
  if (!text.isWellFormed()) find(cursor, 'invalid_unicode')
  return text
}

function skipText(cursor: Cursor): boolean {
  let hasEscapes = false
  cursor.at += 1
  while (codeAt(cursor) !== QUOTE) {
    const isEscape = codeAt(cursor) === BACKSLASH
    hasEscapes ||= isEscape
    cursor.at += isEscape ? 2 : 1
    if (cursor.at > cursor.text.length) throw new RangeError('not JSON: a string does not end')
  }
  cursor.at += 1
  return hasEscapes
}

/** A number, `true`, `false` or `null`. */
export function takeScalar(cursor: Cursor): void {
  const start = cursor.at
  while (!endsScalar(codeAt(cursor))) cursor.at += 1
  const token = cursor.text.slice(start, cursor.at)
  const code = WORDS.has(token) ? null : judgeNumber(token)
  if (code !== null) find(cursor, code, token)
}

function endsScalar(code: number): boolean {
  return !(code > SPACE) || code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT
}

const WORDS = new Set(['true', 'false', 'null'])
const SAFE_DIGITS = 15
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n
/** Of MIN_INT64 and MAX_UINT64; JSON has no leading zeros. */
const MAX_WHOLE_CHARS = 20

/** What a reader with 64-bit integers and doubles would make of this number. */
function judgeNumber(token: string): FindingCode | null {
  if (token.length <= SAFE_DIGITS && !/[eE]/.test(token)) return null
  if (/[.eE]/.test(token)) return Number.isFinite(Number(token)) ? null : 'number_out_of_range'
  // BigInt takes seconds for millions of digits.
  if (token.length > MAX_WHOLE_CHARS) return 'number_out_of_range'
  const value = BigInt(token)
  if (value > MAX_UINT64 || value < MIN_INT64) return 'number_out_of_range'
  return Number.isSafeInteger(Number(value)) ? null : 'unsafe_number'
}

/** Skips a container without recursion: its depth is the sender's choice. */
export function skipContainer(cursor: Cursor): void {
  let depth = 0
  do {
    const code = codeAt(cursor)
    if (code === QUOTE) {
      skipText(cursor)
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1
    cursor.at += 1
    if (cursor.at > cursor.text.length) throw new RangeError('not JSON: a container does not end')
  } while (depth > 0)
}

export function find(
  cursor: Cursor,
  code: FindingCode,
  shown = '',
  path: readonly Step[] = cursor.path,
): void {
  const count = cursor.countByCode[code] ?? 0
  if (count === MAX_PER_CODE) return
  cursor.countByCode[code] = count + 1
  cursor.findings.push({ code, pointer: pointerOf(cursor.pointer, ...path), shown })
}

/** Nobody reads more; a body full of them must not cost more. */
const MAX_PER_CODE = 20

export function skipSpace(cursor: Cursor): void {
  while (codeAt(cursor) <= SPACE) cursor.at += 1
}

/** NaN at the end of the text. */
export function codeAt(cursor: Cursor): number {
  return cursor.text.charCodeAt(cursor.at)
}
