import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { gunzipIfSmall } from './inflate-small.ts'
import { announcedBytes, inflateBody, letGo } from './inflate.ts'
import { Refusal } from '../response/refusal.ts'

const MAX = 100_000
const BOUNDS = {
  maxBytes: MAX,
  tooLarge: () => new Refusal('body_too_large', 'too large'),
}
const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'abcdefg')
const outcome = (bytes: Buffer, encoding: 'gzip' | 'deflate' | 'br'): Promise<string> =>
  inflateBody(bytes, encoding, BOUNDS).then(
    (body) => (body.equals(text(body.length)) ? `${body.length} bytes` : 'changed'),
    ({ code }: { readonly code: string }) => code,
  )

test('a body is inflated whole up to the limit, and not one byte further', async () => {
  for (const bytes of [0, 1, 1_023, 1_024, 65_536, MAX - 1, MAX]) {
    const sent = text(bytes)
    for (const answer of [
      await outcome(gzipSync(sent), 'gzip'),
      await outcome(deflateSync(sent), 'deflate'),
      await outcome(deflateRawSync(sent), 'deflate'),
      await outcome(brotliCompressSync(sent), 'br'),
    ]) {
      assert.equal(answer, `${bytes} bytes`)
    }
  }
  for (const bytes of [MAX + 1, 100 * MAX]) {
    const sent = text(bytes)
    assert.equal(await outcome(gzipSync(sent), 'gzip'), 'body_too_large')
    assert.equal(await outcome(deflateSync(sent), 'deflate'), 'body_too_large')
    assert.equal(await outcome(deflateRawSync(sent), 'deflate'), 'body_too_large')
    assert.equal(await outcome(brotliCompressSync(sent), 'br'), 'body_too_large')
  }
})

test('the size at the end of gzip data is a hint, never believed', async () => {
  const [small, large] = [gzipSync(text(70)), gzipSync(text(2 * MAX))]
  const withSize = (gzip: Buffer, size: number): Buffer => {
    const copy = Buffer.from(gzip)
    copy.writeUInt32LE(size, copy.length - 4)
    return copy
  }
  assert.equal(await outcome(Buffer.concat([large, small]), 'gzip'), 'body_too_large')
  assert.equal(await outcome(Buffer.concat([small, small]), 'gzip'), '140 bytes')
  assert.equal(await outcome(withSize(small, 2 ** 32 - 1), 'gzip'), 'invalid_encoding')
  assert.equal(await outcome(withSize(large, 5), 'gzip'), 'body_too_large')
  assert.equal(await outcome(small.subarray(0, -3), 'gzip'), 'invalid_encoding')
  assert.equal(await outcome(Buffer.from('{}'), 'gzip'), 'invalid_encoding')
})

test('data that says it is small is not inflated beyond that before it is known to lie', () => {
  const lie = Buffer.concat([gzipSync(text(90_000)), gzipSync(text(2))])
  const before = process.memoryUsage().arrayBuffers
  assert.equal(gunzipIfSmall(lie, 2, MAX), null)
  const held = process.memoryUsage().arrayBuffers - before
  assert.ok(held < 32_768, `${held} bytes were inflated`)
})

test('a body cannot announce more than its bytes can hold', () => {
  const large = gzipSync(text(2 * MAX))
  assert.equal(announcedBytes(large, 'gzip'), 2 * MAX)
  const liar = gzipSync('{}')
  liar.writeUInt32LE(5_000_000, liar.length - 4)
  assert.equal(announcedBytes(liar, 'gzip'), liar.length * 1_032)
  assert.equal(announcedBytes(Buffer.from('{}'), 'gzip'), 0)
  assert.equal(announcedBytes(large, 'br'), large.length)
})

test('bytes after the end are refused, whatever they are', async () => {
  for (const rest of ['x', 'garbage', '\0\0\0\0']) {
    const followed = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.from(rest)])
    for (const answer of [
      await outcome(followed(gzipSync(text(70))), 'gzip'),
      await outcome(followed(deflateSync(text(70))), 'deflate'),
      await outcome(followed(deflateRawSync(text(70))), 'deflate'),
      await outcome(followed(brotliCompressSync(text(70))), 'br'),
    ]) {
      assert.equal(answer, 'invalid_encoding', JSON.stringify(rest))
    }
  }
})

test('a small body of gzip is inflated at once; any other is left to the threads of zlib', () => {
  const KIB = 1_024
  const sizeOf = (bytes: Buffer, announced: number, max = 1_024 * KIB): number | undefined =>
    gunzipIfSmall(bytes, announced, max)?.length
  const small = gzipSync(text(300))
  assert.equal(sizeOf(small, 300), 300)
  assert.equal(sizeOf(gzipSync(text(256 * KIB)), 256 * KIB), 256 * KIB)
  assert.equal(sizeOf(gzipSync(text(256 * KIB + 1)), 256 * KIB + 1), undefined)
  assert.equal(sizeOf(gzipSync(text(256 * KIB + 1)), 5), undefined, 'a bomb that says it is small')
  assert.equal(sizeOf(gzipSync(randomBytes(65 * KIB)), 65 * KIB), undefined, 'many bytes sent')
  assert.equal(sizeOf(small, 300, 299), undefined)
  assert.equal(sizeOf(small, 5, 299), undefined)
  assert.equal(sizeOf(small.subarray(0, -1), 300), undefined)
  assert.equal(sizeOf(Buffer.concat([small, Buffer.from('x')]), 300), undefined)
  const held = gunzipIfSmall(small, 200 * KIB, 256 * KIB)?.buffer.byteLength ?? 0
  assert.ok(held <= Buffer.poolSize, 'a size that is not true keeps no memory')
})

test('a large body can be let go of; the buffer of a small one is also that of others', async () => {
  const sizes = [1, 3_000, 70_000, 200_000, 300_000, 900_000, 3_000_000]
  for (const bytes of sizes) {
    const encodings = { gzip: gzipSync(text(bytes)), deflate: deflateSync(text(bytes)) } as const
    for (const [encoding, sent] of Object.entries(encodings)) {
      const bounds = { ...BOUNDS, maxBytes: 4_000_000 }
      const body = await inflateBody(sent, encoding as 'gzip' | 'deflate', bounds)
      assert.equal(body.length, bytes)
      letGo(body)
      assert.equal(body.length, bytes < 64 * 1_024 ? bytes : 0, `${encoding} of ${bytes}`)
    }
  }
})
