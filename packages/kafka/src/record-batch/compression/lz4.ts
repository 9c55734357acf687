import { InflateWindow, PIECE_BYTES, Undecodable } from './window.ts'

// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md.
const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const HAS_BLOCK_CHECKSUM = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_CONTENT_CHECKSUM = 0x04
const HAS_DICTIONARY = 0x01
const IS_STORED = 0x8000_0000
const HISTORY_BYTES = 65_536
const SHORTEST_COPY = 4

/**
 * The frames of LZ4, piece by piece. Blocks may refer to earlier ones, as those of librdkafka do. The
 * frame's own checksums are passed over: that of the record batch covers the same bytes, and old producers
 * computed that of the header wrongly.
 */
export function* inflateLz4(input: Buffer): Generator<Buffer> {
  const window = new InflateWindow(HISTORY_BYTES, input.length * 4)
  for (let at = 0; at < input.length;) at = yield* frame(input, at, window)
  yield window.take(true)
}

type Pieces = Generator<Buffer, number>

function* frame(input: Buffer, start: number, window: InflateWindow): Pieces {
  const magic = readUInt32(input, start)
  if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE) return start + 8 + readUInt32(input, start + 4)
  if (magic !== MAGIC) throw new Undecodable(`no frame of LZ4 begins with ${magic.toString(16)}`)
  const flags = input[start + 4] ?? 0
  if (flags >>> 6 !== 1)
    throw new Undecodable(`version ${flags >>> 6} of the LZ4 frame, expected 1`)
  if ((flags & HAS_DICTIONARY) !== 0) throw new Undecodable('it needs a dictionary')
  const blockChecksum = (flags & HAS_BLOCK_CHECKSUM) === 0 ? 0 : 4
  let at = start + 7 + ((flags & HAS_CONTENT_SIZE) === 0 ? 0 : 8)
  for (;;) {
    const head = readUInt32(input, at)
    at += 4
    if (head === 0) break
    const length = head & ~IS_STORED
    const end = at + length
    if (end > input.length) throw new Undecodable('it ends within a block')
    if (head >= IS_STORED) window.literal(input, at, length)
    else yield* block(input.subarray(0, end), at, window)
    if (window.isPieceReady) yield window.take(false)
    at = end + blockChecksum
  }
  return at + ((flags & HAS_CONTENT_CHECKSUM) === 0 ? 0 : 4)
}

function* block(input: Buffer, start: number, window: InflateWindow): Generator<Buffer> {
  for (let at = start; at < input.length;) {
    const token = input[at++] ?? 0
    let literals = token >>> 4
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) more = input[at++] ?? 0
    }
    window.literal(input, at, literals)
    at += literals
    if (at >= input.length) return // the last sequence has no copy
    const offset = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8)
    at += 2
    let length = token & 15
    if (length === 15) {
      for (let more = 255; more === 255; length += more) more = input[at++] ?? 0
    }
    if (at > input.length) throw new Undecodable('it ends within a sequence')
    // A few bytes may stand for very many.
    for (let left = length + SHORTEST_COPY; left > 0; left -= PIECE_BYTES) {
      window.copy(offset, Math.min(left, PIECE_BYTES))
      if (window.isPieceReady) yield window.take(false)
    }
  }
}

function readUInt32(input: Buffer, at: number): number {
  if (at + 4 > input.length) throw new Undecodable('it ends within a frame of LZ4')
  return input.readUInt32LE(at)
}
