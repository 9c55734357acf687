import { ACCOUNT_NAMES_IN_CONTEXT } from '../contract/fields.ts'
import { SCAN_LIMITS } from '../json/json-cursor.ts'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  IRREGULAR,
  isAt,
  isSameRange,
  NULL,
  OPEN_ARRAY,
  OPEN_OBJECT,
  plainTextEnd,
  QUOTE,
  skipSpace,
} from '../json/bytes.ts'

/** Keys of one object; more would be compared with one another for too long. */
const MAX_KEYS_OF_OBJECT = 64
const INTS_OF_KEY = 2
/** Room for the keys around a place of nearly every body. */
const FIRST_KEYS = 32
const WORDS: readonly Uint8Array[] = [Buffer.from('true'), Buffer.from('false'), NULL]
const ACCOUNT_KEYS: readonly Uint8Array[] = ACCOUNT_NAMES_IN_CONTEXT.map((name) =>
  Buffer.from(name),
)
const MAX_WHOLE_CHARS = 15
const MAX_FRACTION_CHARS = 100

/**
 * Reads a JSON value in UTF-8 bytes in one pass: its grammar, and everything that json-scan.ts finds
 * in a value that was parsed before (duplicate keys, half surrogate pairs, numbers that cannot be
 * kept, depth, key counts). What has any of that, or is only unusual, is `IRREGULAR`.
 *
 * Its reference is `JSON.parse` with json-scan.ts. Why: docs/decisions/0023.
 */
export class OpenPart {
  readonly #bytes: Uint8Array
  /** Of the objects around the present place: what tells most keys apart, and where each begins. */
  #keys = new Int32Array(FIRST_KEYS * INTS_OF_KEY)
  #top = 0
  #keyCount = 0
  #wantsAccount = false
  /** The account that a context names; -1: none. */
  accountStart = -1
  accountEnd = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Keys in what was taken last, at any depth. */
  get keyCount(): number {
    return this.#keyCount
  }

  /** Behind a member of an event, which begins at `at`, or `IRREGULAR`. */
  take(at: number): number {
    this.#top = 0
    this.#keyCount = 0
    this.#wantsAccount = false
    return this.#takeValue(at, 0)
  }

  /** Like `take`, for an object, and finds its `group_id`. */
  takeContext(at: number): number {
    this.#top = 0
    this.#keyCount = 0
    this.#wantsAccount = true
    this.accountStart = -1
    this.accountEnd = -1
    return this.#takeObject(at, 1)
  }

  #takeValue(at: number, depth: number): number {
    switch (this.#bytes[at] ?? 0) {
      case QUOTE:
        return this.#takeText(at + 1)
      case OPEN_OBJECT:
        return this.#takeObject(at, depth + 1)
      case OPEN_ARRAY:
        return this.#takeArray(at, depth + 1)
      case 0x74:
      case 0x66:
      case 0x6e:
        return this.#takeWord(at)
      default:
        return this.#takeNumber(at)
    }
  }

  #takeObject(start: number, depth: number): number {
    const bytes = this.#bytes
    if (depth > SCAN_LIMITS.maxDepth) return IRREGULAR
    let at = skipSpace(bytes, start + 1)
    if (bytes[at] === CLOSE_OBJECT) return at + 1
    const firstKey = this.#top
    for (;;) {
      if (bytes[at] !== QUOTE) return IRREGULAR
      const keyStart = at + 1
      const keyEnd = plainTextEnd(bytes, keyStart)
      if (keyEnd === IRREGULAR || !this.#isNewKey(keyStart, keyEnd, firstKey)) return IRREGULAR
      at = skipSpace(bytes, keyEnd + 1)
      if (bytes[at] !== COLON) return IRREGULAR
      at = skipSpace(bytes, at + 1)
      if (depth === 1 && this.#wantsAccount && !this.#noteAccount(keyStart, keyEnd, at)) {
        return IRREGULAR
      }
      at = this.#takeValue(at, depth)
      if (at === IRREGULAR) return IRREGULAR
      at = skipSpace(bytes, at)
      const byte = bytes[at]
      if (byte === CLOSE_OBJECT) break
      if (byte !== COMMA) return IRREGULAR
      at = skipSpace(bytes, at + 1)
    }
    this.#top = firstKey
    return at + 1
  }

  #isNewKey(start: number, end: number, firstKey: number): boolean {
    const bytes = this.#bytes
    const keys = this.#keys
    const length = end - start
    const middle = bytes[start + (length >> 1)] ?? 0
    const mark =
      (length << 24) ^ ((bytes[start] ?? 0) << 16) ^ (middle << 8) ^ (bytes[end - 1] ?? 0)
    const top = this.#top
    for (let at = firstKey; at < top; at += INTS_OF_KEY) {
      if (keys[at] !== mark) continue
      const other = keys[at + 1] ?? 0
      // Marks hold eight bits of the length: the closing quote tells whether it is the same.
      if (isSameRange(bytes, start, other, length + 1)) return false
    }
    this.#keyCount += 1
    if (this.#keyCount > SCAN_LIMITS.maxKeys) return false
    if (top - firstKey >= MAX_KEYS_OF_OBJECT * INTS_OF_KEY) return false
    if (top === keys.length) this.#makeRoom()
    this.#keys[top] = mark
    this.#keys[top + 1] = start
    this.#top = top + INTS_OF_KEY
    return true
  }

  /** At most for all depths, each with as many keys as an object may have: 17 KB. */
  #makeRoom(): void {
    const larger = new Int32Array(2 * this.#keys.length)
    larger.set(this.#keys)
    this.#keys = larger
  }

  /** @returns whether the account, if this is one, can be read here. */
  #noteAccount(keyStart: number, keyEnd: number, at: number): boolean {
    const bytes = this.#bytes
    if (!isAccountKey(bytes, keyStart, keyEnd)) return true
    if (this.accountStart !== -1 || bytes[at] !== QUOTE) return false
    this.accountStart = at + 1
    this.accountEnd = plainTextEnd(bytes, at + 1)
    return this.accountEnd !== IRREGULAR
  }

  #takeArray(start: number, depth: number): number {
    const bytes = this.#bytes
    if (depth > SCAN_LIMITS.maxDepth) return IRREGULAR
    let at = skipSpace(bytes, start + 1)
    if (bytes[at] === CLOSE_ARRAY) return at + 1
    for (;;) {
      at = this.#takeValue(at, depth)
      if (at === IRREGULAR) return IRREGULAR
      at = skipSpace(bytes, at)
      const byte = bytes[at]
      if (byte === CLOSE_ARRAY) return at + 1
      if (byte !== COMMA) return IRREGULAR
      at = skipSpace(bytes, at + 1)
    }
  }

  /** @param start behind the opening quote. */
  #takeText(start: number): number {
    const bytes = this.#bytes
    let at = start
    for (;;) {
      const byte = bytes[at] ?? 0
      if (byte > QUOTE && byte !== BACKSLASH) {
        at += 1 // most bytes
      } else if (byte === BACKSLASH) {
        at = this.#takeEscape(at + 1)
        if (at === IRREGULAR) return IRREGULAR
      } else {
        if (byte === QUOTE) return at + 1
        if (byte < 0x20) return IRREGULAR
        at += 1
      }
    }
  }

  /** @param at behind the backslash. */
  #takeEscape(at: number): number {
    switch (this.#bytes[at] ?? 0) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 1
      case 0x75:
        return this.#takeUnit(at + 1)
      default:
        return IRREGULAR
    }
  }

  /** Four hex digits: a UTF-16 unit; the first half of a pair with the second. */
  #takeUnit(at: number): number {
    const unit = this.#unitAt(at)
    if (unit === IRREGULAR || (unit >= 0xdc00 && unit < 0xe000)) return IRREGULAR
    if (unit < 0xd800 || unit >= 0xe000) return at + 4
    if (this.#bytes[at + 4] !== BACKSLASH || this.#bytes[at + 5] !== 0x75) return IRREGULAR
    const second = this.#unitAt(at + 6)
    return second >= 0xdc00 && second < 0xe000 ? at + 10 : IRREGULAR
  }

  #unitAt(at: number): number {
    let unit = 0
    for (let index = 0; index < 4; index += 1) {
      const digit = hexDigit(this.#bytes[at + index] ?? 0)
      if (digit === IRREGULAR) return IRREGULAR
      unit = unit * 16 + digit
    }
    return unit
  }

  #takeWord(at: number): number {
    for (const word of WORDS) if (isAt(this.#bytes, at, word)) return at + word.length
    return IRREGULAR
  }

  /** A number that is kept exactly by every reader, whatever its digits are. */
  #takeNumber(start: number): number {
    const bytes = this.#bytes
    const whole = bytes[start] === 0x2d ? start + 1 : start
    let at = bytes[whole] === 0x30 ? whole + 1 : digitsEnd(bytes, whole)
    if (at === whole) return IRREGULAR
    let maxChars = MAX_WHOLE_CHARS
    if (bytes[at] === 0x2e) {
      const fraction = at + 1
      at = digitsEnd(bytes, fraction)
      if (at === fraction) return IRREGULAR
      maxChars = MAX_FRACTION_CHARS
    }
    return at - start > maxChars ? IRREGULAR : at // an exponent is no comma: irregular as well
  }
}

function isAccountKey(bytes: Uint8Array, start: number, end: number): boolean {
  for (const key of ACCOUNT_KEYS) {
    if (key.length === end - start && isAt(bytes, start, key)) return true
  }
  return false
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at] ?? 0)) at += 1
  return at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : IRREGULAR
}
