import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { compressFrameSync, compressSync, uncompressSync } from 'lz4-napi'
import { ServerException } from '../engine/errors.ts'
import { compressBlock, inflateBlock, Lz4Error } from './lz4-block.ts'
import { inflateLz4Frames } from './lz4-frame.ts'

/** Bytes that repeat, near and far, and overlap themselves. */
const bytes = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 12,
  })
  .map((parts) =>
    Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))),
  )

/** lz4-napi puts the length in front of a block. */
const LENGTH_BYTES = 4

test('a block is what lz4-napi writes, and lz4-napi reads what is written here', () => {
  fc.assert(
    fc.property(bytes, (plain) => {
      const theirs = compressSync(plain).subarray(LENGTH_BYTES)
      const output = Buffer.alloc(plain.length)
      assert.equal(inflateBlock(theirs, output, 0), plain.length)
      assert.deepEqual(output, plain)
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32LE(plain.length)
      assert.deepEqual(uncompressSync(Buffer.concat([length, compressBlock(plain)])), plain)
    }),
  )
})

test('what repeats gets shorter', () => {
  assert.ok(compressBlock(Buffer.alloc(1_000_000, 'an event ')).length < 10_000)
})

test('bytes that are no block are an error, never more than was asked for', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 500 }),
      (junk, size) => {
        try {
          assert.ok(inflateBlock(Buffer.from(junk), Buffer.alloc(size), 0) <= size)
        } catch (error) {
          assert.ok(error instanceof Lz4Error)
        }
      },
    ),
  )
})

const inflate = (chunks: readonly Buffer[]): Promise<Buffer> =>
  buffer(inflateLz4Frames(Readable.from(chunks)))

test('frames are read, however they are cut, and so are several', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 70 }), async (plain, step) => {
      const frames = Buffer.concat([compressFrameSync(plain), compressFrameSync(plain)])
      const chunks = Array.from({ length: Math.ceil(frames.length / step) }, (_, at) =>
        frames.subarray(at * step, (at + 1) * step),
      )
      assert.deepEqual(await inflate(chunks), Buffer.concat([plain, plain]))
    }),
    { numRuns: 50 },
  )
})

const hasCode =
  (code: number) =>
  (error: unknown): boolean =>
    error instanceof ServerException && error.code === code

const HEAD = Buffer.from('04224d18', 'hex')
const END = Buffer.alloc(4)

/** A frame as no encoder makes it. */
function frame(flags: number, size: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([HEAD, Buffer.of(flags, size, 0), ...parts])
}

function block(data: Buffer, isStored: boolean): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(data.length + (isStored ? 2 ** 31 : 0))
  return Buffer.concat([head, data])
}

const ONE_BYTE = Buffer.of(0x10, 0x61)

test('ten thousand blocks of a byte take the memory of two, and let others have their turn', async (t) => {
  const stored = block(Buffer.of(0x61), true)
  const tiny = Array.from({ length: 5_000 }, () => [block(ONE_BYTE, false), stored]).flat()
  const allocate = t.mock.method(Buffer, 'allocUnsafe')
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  const plain = await inflate([frame(0x60, 0x70, ...tiny, END)])
  clearInterval(counting)
  assert.deepEqual(plain, Buffer.alloc(10_000, 'a'))
  const sizes = allocate.mock.calls.map(({ arguments: [size] }) => size)
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 10 * 1024 * 1024)
  assert.ok(turns > 3, `${turns} turns`)
})

test('blocks reach back into those before, however many there were, and never before their frame', async () => {
  const random = Buffer.from(
    fc.sample(fc.uint8Array({ minLength: 65_536, maxLength: 65_536 }), {
      numRuns: 1,
      seed: 1,
    })[0] ?? [],
  )
  // 65,536 bytes from 65,535 before: 4 and 15 and 256 times 255 and 237.
  const copy = Buffer.concat([Buffer.of(0x0f, 0xff, 0xff), Buffer.alloc(256, 255), Buffer.of(237)])
  const expected = Buffer.alloc(21 * 65_536)
  random.copy(expected)
  for (let at = 65_536; at < expected.length; at++) expected[at] = expected[at - 65_535] ?? 0
  const copies = Array.from({ length: 20 }, () => block(copy, false))
  const plain = await inflate([frame(0x40, 0x40, block(random, true), ...copies, END)])
  assert.ok(plain.equals(expected)) // no diff of a million lines
  const reachesBack = block(Buffer.of(0x00, 0x01, 0x00), false)
  const first = frame(0x40, 0x40, block(random, true), END)
  await assert.rejects(inflate([first, frame(0x40, 0x40, reachesBack, END)]), hasCode(271))
})

test('a block that holds nothing is refused', async () => {
  for (const empty of [block(Buffer.alloc(0), true), block(Buffer.of(0), false)]) {
    await assert.rejects(inflate([frame(0x60, 0x70, empty, END)]), hasCode(271))
  }
})

test('the checksums of a frame and of its blocks are verified', async () => {
  const abc = block(Buffer.from('abc'), true)
  const right = Buffer.from('ff53d132', 'hex')
  const wrong = Buffer.from('fe53d132', 'hex')
  assert.equal((await inflate([frame(0x64, 0x40, abc, END, right)])).toString(), 'abc')
  assert.equal((await inflate([frame(0x70, 0x40, abc, right, END)])).toString(), 'abc')
  await assert.rejects(inflate([frame(0x64, 0x40, abc, END, wrong)]), hasCode(40))
  await assert.rejects(inflate([frame(0x70, 0x40, abc, wrong, END)]), hasCode(40))
})

test('a frame that is cut or damaged is an error with a code', async () => {
  const whole = compressFrameSync(Buffer.alloc(300_000, 'an event '))
  const long = Buffer.from(whole)
  long.writeUInt32LE(0x7fff_ffff, 7)
  for (const broken of [
    whole.subarray(0, -5),
    whole.subarray(0, 3),
    Buffer.from('no frame'),
    long,
  ]) {
    await assert.rejects(inflate([broken]), hasCode(271))
  }
})
