import { InflateWindow, Undecodable } from './window.ts'

// https://github.com/google/snappy/blob/main/format_description.txt
/**
 * How far back a copy may reach. Google's own writer stays within 64 KiB, but the format allows all, and
 * writers in Go use it within batches of a few MiB.
 */
const HISTORY_BYTES = 8_388_608

/** The framing of snappy-java, which Kafka's own clients write: blocks, each with its length before it. */
const FRAMED = Buffer.from('\x82SNAPPY\0', 'latin1')
const FRAME_HEADER_BYTES = 16

/** Snappy, piece by piece: in the framing of snappy-java when it begins so, else one raw block. */
export function* inflateSnappy(input: Buffer): Generator<Buffer> {
  if (!isFramed(input, 0)) return yield* block(input)
  for (let at = 0; at < input.length;) {
    // Also in the middle: streams of it may be joined.
    if (isFramed(input, at)) at += FRAME_HEADER_BYTES
    else {
      if (at + 4 > input.length) throw new Undecodable('it ends within the length of a block')
      const end = at + 4 + input.readUInt32BE(at)
      if (end > input.length) throw new Undecodable('it ends within a block')
      yield* block(input.subarray(at + 4, end))
      at = end
    }
  }
}

function isFramed(input: Buffer, at: number): boolean {
  return input.subarray(at, at + FRAMED.length).equals(FRAMED)
}

function* block(input: Buffer): Generator<Buffer> {
  const { value: expected, at: start } = readLength(input)
  const window = new InflateWindow(HISTORY_BYTES, expected)
  let inflated = 0
  for (let at = start; at < input.length;) {
    const tag = input[at++] ?? 0
    let length = (tag >>> 2) + 1
    if ((tag & 3) === 0) {
      if (length > 60) {
        const bytes = length - 60
        length = readLittleEndian(input, at, bytes) + 1
        at += bytes
      }
      if (inflated + length > expected) throw tooLong(expected)
      window.literal(input, at, length)
      at += length
    } else {
      let offset: number
      if ((tag & 3) === 1) {
        length = ((tag >>> 2) & 7) + 4
        offset = ((tag & 0xe0) << 3) | (input[at++] ?? 0)
      } else {
        const bytes = (tag & 3) === 2 ? 2 : 4
        offset = readLittleEndian(input, at, bytes)
        at += bytes
      }
      if (inflated + length > expected) throw tooLong(expected)
      window.copy(offset, length)
    }
    inflated += length
    if (window.isPieceReady) yield window.take(false)
  }
  if (inflated !== expected) {
    throw new Undecodable(`a block of ${inflated} bytes, expected ${expected}`)
  }
  yield window.take(true)
}

function tooLong(expected: number): Undecodable {
  return new Undecodable(`a block of more than ${expected} bytes, as it says itself`)
}

function readLength(input: Buffer): { readonly value: number; readonly at: number } {
  let value = 0
  for (let at = 0, scale = 1; at < 5; scale *= 0x80) {
    const byte = input[at++]
    if (byte === undefined) break
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, at }
  }
  throw new Undecodable('no length of a block')
}

function readLittleEndian(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new Undecodable('it ends within a number')
  return input.readUIntLE(at, bytes)
}
