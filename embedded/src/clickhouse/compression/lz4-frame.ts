import { exception } from '../engine/errors.ts'
import { byteSource, type ByteSource } from './byte-source.ts'
import { inflateBlock, Lz4Error } from './lz4-block.ts'

// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a5
const IS_STORED = 0x8000_0000
const HISTORY_BYTES = 65_536
/** Flags of the descriptor. */
const HAS = { blockChecksum: 0x10, size: 0x08, checksum: 0x04, dictionary: 0x01 } as const
/** By the code in the descriptor. */
const BLOCK_BYTES = new Map([
  [4, 65_536],
  [5, 262_144],
  [6, 1_048_576],
  [7, 4_194_304],
])

/**
 * Inflates frames of LZ4, which `Content-Encoding: lz4` means: never more than a block of 4 MB at a time.
 * @throws ServerException 271 for what is no frame of LZ4, or half of one
 */
export async function* inflateLz4Frames(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const source = byteSource(chunks)
  for (;;) {
    const head = await source.take(4)
    if (head.length === 0) return
    const magic = head.length === 4 ? head.readUInt32LE() : 0
    if (magic === MAGIC) yield* frame(source)
    else if (magic >>> 4 === SKIPPABLE) await skip(source)
    else throw broken(`no frame begins with ${head.toString('hex')}`)
  }
}

async function* frame(source: ByteSource): AsyncGenerator<Buffer> {
  const [flags = 0, sizes = 0] = await exactly(source, 2)
  const blockBytes = BLOCK_BYTES.get(sizes >>> 4)
  if (flags >>> 6 !== 1 || blockBytes === undefined) throw broken('an unknown kind of frame')
  if ((flags & HAS.dictionary) !== 0) throw broken('it needs a dictionary')
  await exactly(source, ((flags & HAS.size) === 0 ? 0 : 8) + 1)
  let history: Buffer = Buffer.alloc(0)
  for (;;) {
    const head = (await exactly(source, 4)).readUInt32LE()
    if (head === 0) break
    const length = head % IS_STORED
    if (length > blockBytes) throw broken('a block is longer than the frame says')
    const block = await exactly(source, length)
    const inflated = head >= IS_STORED ? block : inflate(block, history, blockBytes)
    if ((flags & HAS.blockChecksum) !== 0) await exactly(source, 4)
    history = Buffer.concat([history, inflated]).subarray(-HISTORY_BYTES)
    yield inflated
  }
  if ((flags & HAS.checksum) !== 0) await exactly(source, 4)
}

function inflate(block: Buffer, history: Buffer, blockBytes: number): Buffer {
  const output = Buffer.allocUnsafe(history.length + blockBytes)
  history.copy(output)
  try {
    const end = inflateBlock(block, output, history.length)
    return output.subarray(history.length, end)
  } catch (error) {
    if (error instanceof Lz4Error) throw broken(error.message)
    throw error
  }
}

async function skip(source: ByteSource): Promise<void> {
  let left = (await exactly(source, 4)).readUInt32LE()
  while (left > 0) left -= (await exactly(source, Math.min(left, HISTORY_BYTES))).length
}

async function exactly(source: ByteSource, count: number): Promise<Buffer> {
  const bytes = await source.take(count)
  if (bytes.length < count) throw broken('it ends within a frame')
  return bytes
}

function broken(why: string): Error {
  return exception(271, `Cannot decompress the request body (lz4): ${why}.`)
}
