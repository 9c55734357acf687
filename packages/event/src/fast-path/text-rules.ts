import { FIELD_NAMES, rowOf } from '../contract/fields.ts'
import { SLOT_COUNT, slotOf } from './slots.ts'

/**
 * How many characters these bytes are, or -1 when the schema does not take them for this slot. They are
 * UTF-8, and a text without escapes.
 */
export type CharsIfValid = (slot: number, bytes: Uint8Array, start: number, end: number) => number

/**
 * What the table says of texts, checked on their bytes: ajv asks for strings, and was a tenth of the time of a
 * batch. text-rules.test.ts holds both against each other.
 */
export function createTextRules(): CharsIfValid {
  const minChars = new Int32Array(SLOT_COUNT)
  const maxChars = new Int32Array(SLOT_COUNT)
  for (const name of FIELD_NAMES) {
    const { chars = [0, 0] } = rowOf(name)
    minChars[slotOf(name)] = chars[0]
    maxChars[slotOf(name)] = chars[1]
  }
  return (slot, bytes, start, end) => {
    const chars = charsOf(bytes, start, end)
    return chars >= (minChars[slot] ?? 0) && chars <= (maxChars[slot] ?? 0) ? chars : -1
  }
}

/** -1 when there is a control character among them: below U+0020, or from U+007F to U+009F. */
function charsOf(bytes: Uint8Array, start: number, end: number): number {
  let chars = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < 0x7f) {
      if (byte < 0x20) return -1
      chars += 1
    } else if (byte === 0x7f) {
      return -1
    } else if (byte >= 0xc0) {
      if (byte === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0) return -1
      chars += 1
    }
  }
  return chars
}
