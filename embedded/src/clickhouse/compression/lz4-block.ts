// https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
const SHORTEST_COPY = 4
/** No copy begins within the last 12 bytes, and the last 5 are literals: so the format wants it. */
const COPY_MARGIN = 12
const LAST_LITERALS = 5
const MAX_DISTANCE = 65_535
const HASH_BITS = 14

/** Bytes that are no block of LZ4, or one of another length than was said. */
export class Lz4Error extends Error {}

/**
 * Inflates a block into `output` from `start` on; copies may reach back to what lies before it.
 * @returns where it ends, at most at the end of `output`
 * @throws Lz4Error
 */
export function inflateBlock(input: Buffer, output: Buffer, start: number): number {
  let [at, to] = [0, start]
  while (at < input.length) {
    const token = input[at++] ?? 0
    let literals = token >>> 4
    if (literals === 15) [literals, at] = longer(input, at, literals)
    if (at + literals > input.length || to + literals > output.length) throw new Lz4Error(TOO_LONG)
    to += input.copy(output, to, at, at + literals)
    at += literals
    if (at === input.length) return to // the last sequence has no copy
    if (at + 2 > input.length) throw new Lz4Error('it ends within a sequence')
    const distance = input.readUInt16LE(at)
    at += 2
    let length = token & 15
    if (length === 15) [length, at] = longer(input, at, length)
    length += SHORTEST_COPY
    if (distance === 0 || distance > to) throw new Lz4Error('a copy from before the beginning')
    if (to + length > output.length) throw new Lz4Error(TOO_LONG)
    to = copyWithin(output, { to, distance, length })
  }
  return to
}

const TOO_LONG = 'it is longer than it says'

function longer(input: Buffer, start: number, length: number): readonly [number, number] {
  let [at, sum] = [start, length]
  for (;;) {
    const more = input[at++]
    if (more === undefined) throw new Lz4Error('it ends within a sequence')
    sum += more
    if (more !== 255) return [sum, at]
  }
}

interface Copy {
  readonly to: number
  readonly distance: number
  readonly length: number
}

/** A copy may overlap what it writes: then it repeats itself. */
function copyWithin(output: Buffer, { to, distance, length }: Copy): number {
  const end = to + length
  for (let at = to; at < end;) {
    const source = to - distance
    const step = Math.min(end - at, at - source)
    output.copyWithin(at, source, source + step)
    at += step
  }
  return end
}

/** Compresses what ClickHouse's own LZ4 would read: greedy, with one candidate for each four bytes. */
export function compressBlock(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(input.length + Math.ceil(input.length / 255) + 16)
  const seen = new Int32Array(1 << HASH_BITS).fill(-1)
  const limit = input.length - COPY_MARGIN
  let [at, anchor, to] = [0, 0, 0]
  while (at < limit) {
    const four = input.readInt32LE(at)
    const hash = Math.imul(four, -1_640_531_535) >>> (32 - HASH_BITS)
    const candidate = seen[hash] ?? -1
    seen[hash] = at
    const isCopy =
      candidate >= 0 && at - candidate <= MAX_DISTANCE && input.readInt32LE(candidate) === four
    if (!isCopy) {
      at += 1 + ((at - anchor) >>> 6) // faster where nothing repeats
      continue
    }
    const length = sameLength(input, candidate, at)
    to = writeSequence(output, to, {
      literals: input.subarray(anchor, at),
      distance: at - candidate,
      length,
    })
    at += length
    anchor = at
  }
  const literals = input.subarray(anchor)
  to = writeSequence(output, to, { literals, distance: 0, length: 0 })
  return output.subarray(0, to)
}

function sameLength(input: Buffer, one: number, other: number): number {
  const end = input.length - LAST_LITERALS
  let length = SHORTEST_COPY
  while (other + length < end && input[one + length] === input[other + length]) length++
  return length
}

interface Sequence {
  readonly literals: Buffer
  readonly distance: number
  /** Of the copy; 0: none, at the end. */
  readonly length: number
}

function writeSequence(output: Buffer, start: number, sequence: Sequence): number {
  const { literals, distance, length } = sequence
  const rest = Math.max(0, length - SHORTEST_COPY)
  let to = start
  output[to++] = (Math.min(literals.length, 15) << 4) | Math.min(rest, 15)
  to = writeLonger(output, to, literals.length - 15)
  to += literals.copy(output, to)
  if (length === 0) return to
  to = output.writeUInt16LE(distance, to)
  return writeLonger(output, to, rest - 15)
}

function writeLonger(output: Buffer, start: number, length: number): number {
  let [to, left] = [start, length]
  for (; left >= 255; left -= 255) output[to++] = 255
  if (left >= 0) output[to++] = left
  return to
}
