import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { ServerException } from '../engine/errors.ts'
import { blockWriter, deflateBlock, inflateBlocks } from './blocks.ts'
import { cityHash128 } from './city-hash.ts'

const inflate = (...chunks: readonly Buffer[]): Promise<Buffer> =>
  buffer(inflateBlocks(Readable.from(chunks)))

const plain = Buffer.alloc(300_000, 'an event, and another one\n')

test('a result in blocks is read again, in pieces of any size', async () => {
  const written = await buffer(Readable.from([plain, Buffer.from('end')]).pipe(blockWriter()))
  assert.ok(written.length < plain.length / 50)
  const bytes = [...written].map((byte) => Buffer.of(byte))
  assert.deepEqual(await inflate(...bytes), Buffer.concat([plain, Buffer.from('end')]))
  assert.equal((await buffer(Readable.from([]).pipe(blockWriter()))).length, 0)
})

/** A block of another method, as clients may send it. */
function block(method: number, bytes: Buffer, length: number): Buffer {
  const made = Buffer.alloc(25 + bytes.length)
  made[16] = method
  made.writeUInt32LE(9 + bytes.length, 17)
  made.writeUInt32LE(length, 21)
  bytes.copy(made, 25)
  const [low, high] = cityHash128(made.subarray(16))
  made.writeBigUInt64LE(low, 0)
  made.writeBigUInt64LE(high, 8)
  return made
}

test('blocks that are stored, or compressed by zstd, are read, too', async () => {
  const zstd = block(0x90, zstdCompressSync(plain), plain.length)
  assert.deepEqual(
    await inflate(zstd, block(2, plain, plain.length)),
    Buffer.concat([plain, plain]),
  )
})

function changed(at: number): Buffer {
  const copy = Buffer.from(deflateBlock(plain))
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function withHead(write: (head: Buffer) => void): Buffer {
  const copy = Buffer.from(deflateBlock(plain))
  write(copy)
  return copy
}

const attacks: readonly (readonly [what: string, code: number, bytes: Buffer])[] = [
  ['a byte of the data changed', 40, changed(60)],
  ['a byte of the checksum changed', 40, changed(3)],
  ['it is cut', 33, deflateBlock(plain).subarray(0, -1)],
  ['it ends in its head', 33, deflateBlock(plain).subarray(0, 20)],
  [
    'it says to inflate to more than 4 MiB',
    131,
    withHead((head) => head.writeUInt32LE(2 ** 22 + 1, 21)),
  ],
  [
    'it says to be longer than 4 MiB',
    131,
    withHead((head) => head.writeUInt32LE(2 ** 22 + 10, 17)),
  ],
  ['it says to be 4 GiB long', 131, withHead((head) => head.writeUInt32LE(2 ** 32 - 1, 17))],
  ['it is shorter than its head', 131, withHead((head) => head.writeUInt32LE(8, 17))],
  ['it inflates to more than it says', 271, block(0x90, zstdCompressSync(plain), 10)],
  ['it inflates to less than it says', 271, block(0x82, Buffer.of(0x10, 0x61), 10)],
  ['its method is none', 89, block(0x91, plain, plain.length)],
]
for (const [what, code, bytes] of attacks) {
  test(`a block is refused with code ${code} when ${what}`, async () => {
    await assert.rejects(
      inflate(bytes),
      (error) => error instanceof ServerException && error.code === code,
    )
  })
}
