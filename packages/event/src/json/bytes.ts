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

/** Behind `null`, or `IRREGULAR`. */
export function nullEnd(bytes: Uint8Array, at: number): number {
  return isAt(bytes, at, NULL) ? at + NULL.length : IRREGULAR
}

export const NULL: Uint8Array = Buffer.from('null')

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
