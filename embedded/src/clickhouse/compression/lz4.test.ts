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

test('a frame that is cut or damaged is an error with a code', async () => {
  const frame = compressFrameSync(Buffer.alloc(300_000, 'an event '))
  const long = Buffer.from(frame)
  long.writeUInt32LE(0x7fff_ffff, 7)
  for (const broken of [
    frame.subarray(0, -5),
    frame.subarray(0, 3),
    Buffer.from('no frame'),
    long,
  ]) {
    await assert.rejects(
      inflate([broken]),
      (error) => error instanceof ServerException && error.code === 271,
    )
  }
})
