import { setImmediate as nextTurn } from 'node:timers/promises'
import { exception } from '../engine/errors.ts'
import { byteSource, type ByteSource } from './byte-source.ts'
import { Lz4Error } from './lz4-block.ts'
import { lz4Window, type Lz4Window } from './lz4-window.ts'
import { xxHash32 } from './xx-hash.ts'

// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a5
const SKIPPED_BYTES = 65_536
const IS_STORED = 0x8000_0000
/** Flags of the descriptor. */
const HAS = { blockChecksum: 0x10, size: 0x08, checksum: 0x04, dictionary: 0x01 } as const
/** By the code in the descriptor. */
const BLOCK_BYTES = new Map([
  [4, 65_536],
  [5, 262_144],
  [6, 1_048_576],
  [7, 4_194_304],
])
/** After so much work others have their turn. */
const TURN_BYTES = 1024 * 1024
/** A block or a frame is as much work as so many bytes, however short it is. */
const PIECE_BYTES = 4 * 1024

interface Inflating {
  readonly source: ByteSource
  readonly window: Lz4Window
  /** Counts work, and lets others have their turn. */
  readonly worked: (bytes: number) => Promise<void>
}

/**
 * Inflates frames of LZ4, which `Content-Encoding: lz4` means: never more than a block of 4 MB at a time.
 * @throws ServerException 271 for what is no frame of LZ4, or half of one, 40 for a wrong checksum
 */
export async function* inflateLz4Frames(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const source = byteSource(chunks)
  const inflating = { source, window: lz4Window(), worked: turns() }
  for (;;) {
    const head = await source.take(4)
    if (head.length === 0) return
    await inflating.worked(0)
    const magic = head.length === 4 ? head.readUInt32LE() : 0
    if (magic === MAGIC) yield* frame(inflating)
    else if (magic >>> 4 === SKIPPABLE) await skip(source)
    else throw broken(`no frame begins with ${head.toString('hex')}`)
  }
}

function turns(): (bytes: number) => Promise<void> {
  let work = 0
  return async (bytes) => {
    work += PIECE_BYTES + bytes
    if (work < TURN_BYTES) return
    work = 0
    await nextTurn()
  }
}

async function* frame(inflating: Inflating): AsyncGenerator<Buffer> {
  const { source, window } = inflating
  const [flags = 0, sizes = 0] = await exactly(source, 2)
  const maxBytes = BLOCK_BYTES.get(sizes >>> 4)
  if (flags >>> 6 !== 1 || maxBytes === undefined) throw broken('an unknown kind of frame')
  if ((flags & HAS.dictionary) !== 0) throw broken('it needs a dictionary')
  await exactly(source, ((flags & HAS.size) === 0 ? 0 : 8) + 1)
  window.begin(maxBytes)
  const content = (flags & HAS.checksum) === 0 ? undefined : xxHash32()
  for await (const bytes of blocks(inflating, { maxBytes, flags })) {
    content?.update(bytes)
    yield bytes
  }
  if (content !== undefined) await verify(source, content.digest())
}

async function* blocks(
  { source, window, worked }: Inflating,
  { maxBytes, flags }: { readonly maxBytes: number; readonly flags: number },
): AsyncGenerator<Buffer> {
  for (;;) {
    const head = (await exactly(source, 4)).readUInt32LE()
    if (head === 0) return
    const length = head % IS_STORED
    if (length > maxBytes) throw broken('a block is longer than the frame says')
    const block = await exactly(source, length)
    if ((flags & HAS.blockChecksum) !== 0) {
      const hash = xxHash32()
      hash.update(block)
      await verify(source, hash.digest())
    }
    const bytes = head >= IS_STORED ? window.store(block) : inflate(window, block)
    if (bytes.length === 0) throw broken('a block holds nothing')
    await worked(bytes.length)
    yield bytes
  }
}

function inflate(window: Lz4Window, block: Buffer): Buffer {
  try {
    return window.inflate(block)
  } catch (error) {
    if (error instanceof Lz4Error) throw broken(error.message)
    throw error
  }
}

async function verify(source: ByteSource, hash: number): Promise<void> {
  if ((await exactly(source, 4)).readUInt32LE() === hash) return
  throw exception(40, "Checksum doesn't match: corrupted data in the request body (lz4).")
}

async function skip(source: ByteSource): Promise<void> {
  let left = (await exactly(source, 4)).readUInt32LE()
  while (left > 0) left -= (await exactly(source, Math.min(left, SKIPPED_BYTES))).length
}

async function exactly(source: ByteSource, count: number): Promise<Buffer> {
  const bytes = await source.take(count)
  if (bytes.length < count) throw broken('it ends within a frame')
  return bytes
}

function broken(why: string): Error {
  return exception(271, `Cannot decompress the request body (lz4): ${why}.`)
}
