import { setImmediate } from 'node:timers/promises'
import { createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { inflateLz4 } from './lz4.ts'
import { inflateSnappy } from './snappy.ts'
import { PIECE_BYTES } from './window.ts'
import { zstdContentBytes, zstdFrames, zstdWindowBytes } from './zstd-frames.ts'

/** How the records of a batch are compressed. */
export interface Codec {
  readonly name: string
  /**
   * All at once, for what is small. `null`: it is more than `maxBytes`.
   * @throws when the bytes are not what the codec writes.
   */
  inflate(input: Buffer, maxBytes: number): Buffer | null
  /**
   * In pieces of about a MiB, each when it is asked for: the memory it takes does not depend on how much it
   * becomes.
   * @throws as `inflate` does.
   */
  pieces(input: Buffer): AsyncGenerator<Buffer, void>
  /** What `pieces` holds of what it inflated, to copy from. */
  windowBytes(input: Buffer): number
}

const gzip: Codec = {
  name: 'gzip',
  inflate: (input, maxBytes) => within(gunzipSync, input, { maxBytes, bytes: null }),
  pieces: (input) => throughStream(createGunzip, input),
  windowBytes: () => PIECE_BYTES,
}

const zstd: Codec = {
  name: 'zstd',
  inflate: (input, maxBytes) => {
    const parts: Buffer[] = []
    let left = maxBytes
    for (const frame of zstdFrames(input)) {
      const bytes = zstdContentBytes(frame)
      if (bytes !== null && bytes > left) return null
      const part = within(zstdDecompressSync, frame, { maxBytes: left, bytes })
      if (part === null) return null
      parts.push(part)
      left -= part.length
    }
    return joined(parts)
  },
  pieces: async function* (input) {
    for (const frame of zstdFrames(input)) yield* throughStream(createZstdDecompress, frame)
  },
  windowBytes: (input) => Math.max(PIECE_BYTES, ...zstdFrames(input).map(zstdWindowBytes)),
}

/** By the number that stands in the attributes of a batch; 0 is none. */
const CODECS: readonly (Codec | undefined)[] = [
  undefined,
  gzip,
  inOurOwnCode('snappy', inflateSnappy),
  inOurOwnCode('lz4', inflateLz4),
  zstd,
]

/** `null`: Kafka has no such codec, as far as we know. */
export function codecOf(number: number): Codec | null {
  return CODECS[number] ?? null
}

interface NodeOptions {
  readonly chunkSize: number
  readonly maxOutputLength?: number
}

/** @param size what it may become at most, and what it becomes, where it says so: then in one piece, which nobody joins. */
function within(
  inflate: (input: Buffer, options: NodeOptions) => Buffer,
  input: Buffer,
  { maxBytes, bytes }: { readonly maxBytes: number; readonly bytes: number | null },
): Buffer | null {
  // Node takes no limit of 0.
  const maxOutputLength = Math.max(1, maxBytes)
  // One more than it is, or Node would begin a second piece to see that nothing follows.
  const guessed = Math.min(PIECE_BYTES, input.length * 4)
  const chunkSize = Math.max(4_096, bytes === null ? guessed : bytes + 1)
  try {
    const inflated = inflate(input, { maxOutputLength, chunkSize })
    return inflated.length > maxBytes ? null : inflated
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw error
  }
}

/** Off the event loop, in the threads of Node, which wait while nobody asks. */
async function* throughStream(
  create: (options: NodeOptions) => NodeJS.ReadWriteStream,
  input: Buffer,
): AsyncGenerator<Buffer, void> {
  const stream = create({ chunkSize: PIECE_BYTES })
  stream.end(input)
  for await (const piece of stream) yield piece as Buffer // without an encoding a stream gives Buffers
}

function inOurOwnCode(name: string, inflate: (input: Buffer) => Generator<Buffer>): Codec {
  return {
    name,
    inflate: (input, maxBytes) => {
      const parts: Buffer[] = []
      let bytes = 0
      for (const part of inflate(input)) {
        bytes += part.length
        if (bytes > maxBytes) return null
        parts.push(part)
      }
      return joined(parts)
    },
    pieces: async function* (input) {
      for (const piece of inflate(input)) {
        yield piece
        await setImmediate() // the event loop is for others, too
      }
    },
    windowBytes: () => PIECE_BYTES,
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts)
}
