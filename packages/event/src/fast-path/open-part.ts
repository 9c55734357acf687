import { ACCOUNT_NAMES_IN_CONTEXT } from '../contract/fields.ts'
import { SCAN_LIMITS } from '../json/json-cursor.ts'
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  exactNumberEnd,
  IRREGULAR,
  isAt,
  isSameRange,
  OPEN_ARRAY,
  OPEN_OBJECT,
  plainTextEnd,
  QUOTE,
  skipSpace,
  textEnd,
  wordEnd,
} from '../json/bytes.ts'

/** Keys of one object; more would be compared with one another for too long. */
const MAX_KEYS_OF_OBJECT = 64
const INTS_OF_KEY = 2
/** Room for the keys around a place of nearly every body. */
const FIRST_KEYS = 32
const ACCOUNT_KEYS: readonly Uint8Array[] = ACCOUNT_NAMES_IN_CONTEXT.map((name) =>
  Buffer.from(name),
)

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
    const bytes = this.#bytes
    switch (bytes[at] ?? 0) {
      case QUOTE:
        return textEnd(bytes, at + 1)
      case OPEN_OBJECT:
        return this.#takeObject(at, depth + 1)
      case OPEN_ARRAY:
        return this.#takeArray(at, depth + 1)
      case 0x74:
      case 0x66:
      case 0x6e:
        return wordEnd(bytes, at)
      default:
        return exactNumberEnd(bytes, at)
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
}

function isAccountKey(bytes: Uint8Array, start: number, end: number): boolean {
  for (const key of ACCOUNT_KEYS) {
    if (key.length === end - start && isAt(bytes, start, key)) return true
  }
  return false
}
