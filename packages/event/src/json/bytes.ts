/** What the scanners of this folder return for what is not theirs to read: the reference path decides. */
export const IRREGULAR = -1

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const BACKSLASH = 0x5c
const SPACE = 0x20
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const LETTER_U = 0x75

/** Where the next byte is that is no white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at] ?? SPACE + 1
    if (byte > SPACE) return at
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at += 1
  }
}

/**
 * The closing quote of a string without escapes, whose bytes are then its text.
 * @param start behind the opening quote.
 */
export function plainTextEnd(bytes: Uint8Array, start: number): number {
  let at = start
  for (;;) {
    const byte = bytes[at] ?? 0
    if (byte > QUOTE) {
      if (byte === BACKSLASH) return IRREGULAR
    } else if (byte === QUOTE) return at
    else if (byte < SPACE) return IRREGULAR
    at += 1
  }
}

/**
 * Behind a string, whatever its escapes, or `IRREGULAR`: half a pair of surrogates is no text.
 * @param start behind the opening quote.
 */
export function textEnd(bytes: Uint8Array, start: number): number {
  let at = start
  for (;;) {
    const byte = bytes[at] ?? 0
    if (byte > QUOTE && byte !== BACKSLASH) {
      at += 1 // most bytes
    } else if (byte === BACKSLASH) {
      at = escapeEnd(bytes, at + 1)
      if (at === IRREGULAR) return IRREGULAR
    } else {
      if (byte === QUOTE) return at + 1
      if (byte < SPACE) return IRREGULAR
      at += 1
    }
  }
}

/** @param at behind the backslash. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at] ?? 0) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1
    case LETTER_U:
      return unitEnd(bytes, at + 1)
    default:
      return IRREGULAR
  }
}

/** Four hex digits: a UTF-16 unit; the first half of a pair with the second. */
function unitEnd(bytes: Uint8Array, at: number): number {
  const unit = unitAt(bytes, at)
  if (unit === IRREGULAR || (unit >= 0xdc00 && unit < 0xe000)) return IRREGULAR
  if (unit < 0xd800 || unit >= 0xe000) return at + 4
  if (bytes[at + 4] !== BACKSLASH || bytes[at + 5] !== LETTER_U) return IRREGULAR
  const second = unitAt(bytes, at + 6)
  return second >= 0xdc00 && second < 0xe000 ? at + 10 : IRREGULAR
}

function unitAt(bytes: Uint8Array, at: number): number {
  let unit = 0
  for (let index = 0; index < 4; index += 1) {
    const digit = hexDigit(bytes[at + index] ?? 0)
    if (digit === IRREGULAR) return IRREGULAR
    unit = unit * 16 + digit
  }
  return unit
}

/** Behind `true`, `false` or `null`, or `IRREGULAR`. */
export function wordEnd(bytes: Uint8Array, at: number): number {
  for (const word of WORDS) if (isAt(bytes, at, word)) return at + word.length
  return IRREGULAR
}

/** Of a number without and with a fraction; about a longer one the reference path decides. */
const MAX_WHOLE_CHARS = 15
const MAX_FRACTION_CHARS = 100

/** Behind a number that is kept exactly by every reader, whatever its digits are, or `IRREGULAR`. */
export function exactNumberEnd(bytes: Uint8Array, start: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start
  let at = bytes[whole] === ZERO ? whole + 1 : digitsEnd(bytes, whole)
  if (at === whole) return IRREGULAR
  let maxChars = MAX_WHOLE_CHARS
  if (bytes[at] === POINT) {
    const fraction = at + 1
    at = digitsEnd(bytes, fraction)
    if (at === fraction) return IRREGULAR
    maxChars = MAX_FRACTION_CHARS
  }
  return at - start > maxChars ? IRREGULAR : at // an exponent is no comma: irregular as well
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at] ?? 0)) at += 1
  return at
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - ZERO
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : IRREGULAR
}

/** Behind `null`, or `IRREGULAR`. */
export function nullEnd(bytes: Uint8Array, at: number): number {
  return isAt(bytes, at, NULL) ? at + NULL.length : IRREGULAR
}

export const NULL: Uint8Array = Buffer.from('null')
const WORDS: readonly Uint8Array[] = [Buffer.from('true'), Buffer.from('false'), NULL]

/** Whether these bytes are at a place. */
export function isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false
  }
  return true
}

/** Whether two ranges of the same length hold the same bytes. */
export function isSameRange(
  bytes: Uint8Array,
  one: number,
  other: number,
  length: number,
): boolean {
  for (let index = 0; index < length; index += 1) {
    if (bytes[one + index] !== bytes[other + index]) return false
  }
  return true
}
