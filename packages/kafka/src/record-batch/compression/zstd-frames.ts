import { Undecodable } from './window.ts'

// https://www.rfc-editor.org/rfc/rfc8878
const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
const DICTIONARY_BYTES = [0, 1, 2, 4] as const
const RLE = 1

/**
 * The frames in `input`, one after the other; those to be skipped are left out. Node inflates the first and
 * says nothing of the rest, and some producers write several.
 */
export function zstdFrames(input: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < input.length;) {
    const magic = readLittleEndian(input, at, 4)
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE) {
      at += 8 + readLittleEndian(input, at + 4, 4)
      continue
    }
    if (magic !== MAGIC) throw new Undecodable(`no frame of zstd begins with ${magic.toString(16)}`)
    const end = frameEnd(input, at)
    if (end > input.length) throw new Undecodable('it ends within a frame of zstd')
    frames.push(input.subarray(at, end))
    at = end
  }
  return frames
}

function frameEnd(input: Buffer, start: number): number {
  const descriptor = readLittleEndian(input, start + 4, 1)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0)
  const dictionaryBytes = DICTIONARY_BYTES[descriptor & 3] ?? 0
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
  for (let isLast = false; !isLast;) {
    const head = readLittleEndian(input, at, 3)
    isLast = (head & 1) === 1
    at += 3 + (((head >>> 1) & 3) === RLE ? 1 : head >>> 3)
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4)
}

/** What a frame becomes, as it says itself; `null`: it does not say. */
export function zstdContentBytes(frame: Buffer): number | null {
  const descriptor = readLittleEndian(frame, 4, 1)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  if (sizeFlag === 0 && !isSingleSegment) return null
  const at = 5 + (isSingleSegment ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0)
  if (sizeFlag === 3) return Number(readBigUInt64(frame, at))
  const bytes = sizeFlag === 0 ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0)
  return readLittleEndian(frame, at, bytes) + (sizeFlag === 1 ? 256 : 0)
}

/** How far back a frame may copy from: its decoder holds so much. Writers of the highest level take 128 MiB. */
export function zstdWindowBytes(frame: Buffer): number {
  const descriptor = readLittleEndian(frame, 4, 1)
  const isSingleSegment = (descriptor & 0x20) !== 0
  if (isSingleSegment) return zstdContentBytes(frame) ?? 0
  const window = readLittleEndian(frame, 5, 1)
  return 2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8)
}

function readBigUInt64(input: Buffer, at: number): bigint {
  if (at + 8 > input.length) throw new Undecodable('it ends within a frame of zstd')
  return input.readBigUInt64LE(at)
}

function readLittleEndian(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new Undecodable('it ends within a frame of zstd')
  return input.readUIntLE(at, bytes)
}
