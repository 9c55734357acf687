import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { inflateBody } from './inflate.ts'

const MAX = 100_000
const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'abcdefg')
const outcome = (bytes: Buffer, encoding: 'gzip' | 'deflate' | 'br'): Promise<string> =>
  inflateBody(bytes, encoding, MAX).then(
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
