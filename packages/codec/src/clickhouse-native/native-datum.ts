import type { Step, WalkPlan } from './native-schema.ts'

/** A place in a buffer. `lo` and `hi` hold the last integer read, as two's complement halves. */
export interface Cursor {
  at: number
  lo: number
  hi: number
}

export const FIXED_BYTES = { long: 8, double: 8, int: 4, float: 4, boolean: 1 } as const

/** Bytes of `length` as an unsigned LEB128, the form in which Native states the length of a string. */
export function lengthBytes(length: number): number {
  if (length < 0x80) return 1
  if (length < 0x40_00) return 2
  if (length < 0x20_00_00) return 3
  return length < 0x10_00_00_00 ? 4 : 5
}

/** Writes a length as unsigned LEB128. @returns where it ends. */
export function writeLength(block: Buffer, start: number, length: number): number {
  let at = start
  let rest = length
  while (rest > 0x7f) {
    block[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  block[at++] = rest
  return at
}

/** Reads a zigzag integer of up to 64 bits exactly. @returns false when the data end or it is too long. */
export function readInteger(data: Buffer, cursor: Cursor): boolean {
  let low = 0 // bits 0 to 27
  let middle = 0 // bits 28 to 55
  let high = 0 // bits 56 to 63
  let at = cursor.at
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = data[at++]
    if (byte === undefined) return false
    const bits = byte & 0x7f
    if (shift < 28) low |= bits << shift
    else if (shift < 56) middle |= bits << (shift - 28)
    else high |= bits << (shift - 56)
    if (byte < 0x80) {
      const lo = low | (middle << 28)
      const hi = (middle >>> 4) | (high << 24)
      const sign = -(lo & 1)
      cursor.lo = ((lo >>> 1) | (hi << 31)) ^ sign
      cursor.hi = (hi >>> 1) ^ sign
      cursor.at = at
      return true
    }
  }
  return false
}

/**
 * Checks the datum between `cursor.at` and `end` and adds the bytes that its strings will take to
 * `stringBytes`, by column. Other data may follow in the same buffer: nothing beyond `end` is believed.
 *
 * @returns where the datum ends, or -1 when it is cut short or malformed.
 */
export function measureDatum(
  data: Buffer,
  end: number,
  plan: WalkPlan,
  cursor: Cursor,
  stringBytes: Float64Array,
): number {
  for (const step of plan.steps) {
    if (step.nullBranch !== -1) {
      const branch = data[cursor.at++]
      if (branch !== 0 && branch !== 2) return -1
      if (branch >> 1 === step.nullBranch) {
        if (step.kind === 'string') addStringBytes(stringBytes, step, 1)
        continue
      }
    }
    if (step.kind === 'string') {
      const length = readLength(data, cursor)
      if (length < 0 || cursor.at + length > end) return -1
      cursor.at += length
      addStringBytes(stringBytes, step, length + lengthBytes(length))
    } else if (!skipFixed(data, step.kind, cursor)) return -1
  }
  return cursor.at <= end ? cursor.at : -1
}

/** Length of the string that follows, -1 when it is negative or no length at all. */
export function readLength(data: Buffer, cursor: Cursor): number {
  const first = data[cursor.at] ?? 1 // odd, that is negative
  if (first < 0x80) {
    cursor.at++
    return (first & 1) === 0 ? first >> 1 : -1
  }
  // Most strings are shorter than 8 KiB, whose length takes at most two bytes.
  const second = data[cursor.at + 1] ?? 0xff
  if (second >= 0x80) return readLongLength(data, cursor)
  cursor.at += 2
  return (first & 1) === 0 ? ((first & 0x7f) | (second << 7)) >> 1 : -1
}

function readLongLength(data: Buffer, cursor: Cursor): number {
  if (!readInteger(data, cursor)) return -1
  return cursor.hi === 0 && cursor.lo >= 0 ? cursor.lo : -1
}

function skipFixed(data: Buffer, kind: keyof typeof FIXED_BYTES, cursor: Cursor): boolean {
  if (kind === 'long') return readInteger(data, cursor)
  if (kind === 'int') return readInteger(data, cursor) && cursor.hi === cursor.lo >> 31
  if (kind === 'boolean' && (data[cursor.at] ?? 2) > 1) return false
  cursor.at += FIXED_BYTES[kind]
  return true
}

function addStringBytes(stringBytes: Float64Array, { column }: Step, bytes: number): void {
  if (column >= 0) stringBytes[column] = (stringBytes[column] ?? 0) + bytes
}
