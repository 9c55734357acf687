import { Transform } from 'node:stream'
import { zstdDecompressSync } from 'node:zlib'
import { exception } from '../engine/errors.ts'
import { byteSource } from './byte-source.ts'
import { cityHash128 } from './city-hash.ts'
import { compressBlock, inflateBlock, Lz4Error } from './lz4-block.ts'

/*
 * ClickHouse's own compression: checksum of what follows (16 bytes), method (1), length with these 9 bytes (4),
 * length inflated (4), the block.
 */
const CHECKSUM_BYTES = 16
const HEAD_BYTES = 9
const METHODS = { none: 0x02, lz4: 0x82, zstd: 0x90 } as const
/** A server takes blocks of up to 1 GiB; clients make them of 1 MiB at most. The checksum of 4 MiB takes 60 ms. */
const MAX_BLOCK_BYTES = 4 * 1024 * 1024
const WRITTEN_BYTES = 64 * 1024

/**
 * Inflates the compressed blocks of a body (`decompress=1`), one at a time.
 * @throws ServerException 40 for a wrong checksum, 33, 89, 131 or 271 for what is no such block
 */
export async function* inflateBlocks(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const source = byteSource(chunks)
  for (;;) {
    const head = await source.peek(CHECKSUM_BYTES + HEAD_BYTES)
    if (head.length === 0) return
    if (head.length < CHECKSUM_BYTES + HEAD_BYTES) throw cut()
    const length = head.readUInt32LE(17)
    const inflatedLength = head.readUInt32LE(21)
    if (length < HEAD_BYTES || Math.max(length - HEAD_BYTES, inflatedLength) > MAX_BLOCK_BYTES) {
      throw exception(
        131,
        `A compressed block of ${length} bytes (${inflatedLength} inflated) is no block, or longer than ${MAX_BLOCK_BYTES}.`,
      )
    }
    const block = await source.take(CHECKSUM_BYTES + length)
    if (block.length < CHECKSUM_BYTES + length) throw cut()
    verify(block)
    const data = block.subarray(CHECKSUM_BYTES + HEAD_BYTES)
    yield inflate(block[CHECKSUM_BYTES] ?? 0, data, inflatedLength)
  }
}

function verify(block: Buffer): void {
  const [low, high] = cityHash128(block.subarray(CHECKSUM_BYTES))
  if (block.readBigUInt64LE(0) === low && block.readBigUInt64LE(8) === high) return
  throw exception(40, "Checksum doesn't match: corrupted data in a compressed block of the body.")
}

function inflate(method: number, block: Buffer, length: number): Buffer {
  if (method === METHODS.none && block.length === length) return block
  if (method === METHODS.lz4) return inflateLz4(block, length)
  if (method === METHODS.zstd) return inflateZstd(block, length)
  throw exception(89, `Unknown compression method 0x${method.toString(16)} of a block.`)
}

function inflateLz4(block: Buffer, length: number): Buffer {
  const output = Buffer.allocUnsafe(length)
  try {
    if (inflateBlock(block, output, 0) === length) return output
  } catch (error) {
    if (!(error instanceof Lz4Error)) throw error
  }
  throw notAsLong()
}

function inflateZstd(block: Buffer, length: number): Buffer {
  try {
    const output = zstdDecompressSync(block, { maxOutputLength: Math.max(1, length) })
    if (output.length === length) return output
  } catch (error) {
    throw exception(271, 'Cannot decompress a block of the body (zstd).', { cause: error })
  }
  throw notAsLong()
}

function notAsLong(): Error {
  return exception(271, 'Cannot decompress a block of the body: it is not what its head says.')
}

function cut(): Error {
  return exception(33, 'Cannot read all data: the body ends within a compressed block.')
}

/** Compresses a result into blocks (`compress=1`). */
export function blockWriter(): Transform {
  let held: Buffer[] = []
  let size = 0
  const flush = (): Buffer => {
    const bytes = Buffer.concat(held)
    held = []
    size = 0
    return Buffer.concat(pieces(bytes).map(deflateBlock))
  }
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      held.push(chunk)
      size += chunk.length
      done(null, size >= WRITTEN_BYTES ? flush() : undefined)
    },
    flush: (done) => done(null, size > 0 ? flush() : undefined),
  })
}

function pieces(bytes: Buffer): readonly Buffer[] {
  const count = Math.ceil(bytes.length / WRITTEN_BYTES)
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * WRITTEN_BYTES, (at + 1) * WRITTEN_BYTES),
  )
}

/** One block of ClickHouse's own compression, by LZ4. */
export function deflateBlock(bytes: Buffer): Buffer {
  const block = compressBlock(bytes)
  const output = Buffer.allocUnsafe(CHECKSUM_BYTES + HEAD_BYTES + block.length)
  output[CHECKSUM_BYTES] = METHODS.lz4
  output.writeUInt32LE(HEAD_BYTES + block.length, 17)
  output.writeUInt32LE(bytes.length, 21)
  block.copy(output, CHECKSUM_BYTES + HEAD_BYTES)
  const [low, high] = cityHash128(output.subarray(CHECKSUM_BYTES))
  output.writeBigUInt64LE(low, 0)
  output.writeBigUInt64LE(high, 8)
  return output
}
