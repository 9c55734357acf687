import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressed, SAMPLE_CODECS, type SampleCodec } from './codecs.fixture.ts'
import { codecOf, type Codec } from './codecs.ts'
import { inflateLz4 } from './lz4.ts'
import { inflateSnappy } from './snappy.ts'
import { Undecodable } from './window.ts'
import { zstdFrames } from './zstd-frames.ts'

const LIMIT = 5_000_000

function named(name: SampleCodec): Codec {
  const codec = codecOf(compressed(name, Buffer.alloc(1)).number)
  assert.ok(codec !== null)
  return codec
}

async function inPieces(codec: Codec, input: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of codec.pieces(input)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Text with repetitions near and far, as records have, and noise. */
const anyContent = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300, size: 'max' }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 90, size: 'max' }), fc.nat({ max: 2_000 }))
        .map(([bytes, times]) => Buffer.alloc(bytes.length * times, bytes)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat([...parts, ...parts.toReversed()]))

test('what a library compresses is inflated to the same bytes, at once and in pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SAMPLE_CODECS), anyContent, async (name, bytes) => {
      const codec = named(name)
      const input = compressed(name, bytes).bytes
      const inflated = codec.inflate(input, LIMIT)
      assert.ok(inflated?.equals(bytes), `${name}: ${inflated?.length} of ${bytes.length} bytes`)
      assert.ok((await inPieces(codec, input)).equals(bytes), `${name} in pieces`)
    }),
    { numRuns: 300 },
  )
})

test('at once it is inflated up to a limit, and exactly up to it', () => {
  for (const name of SAMPLE_CODECS) {
    const codec = named(name)
    const { bytes } = compressed(name, Buffer.alloc(100_000, 'abc'))
    assert.equal(codec.inflate(bytes, 99_999), null, name)
    assert.equal(codec.inflate(bytes, 100_000)?.length, 100_000, name)
  }
})

test('a cut anywhere is found, never taken for the end', async () => {
  const content = Buffer.from('a few words, a few words, and a few more words '.repeat(40))
  for (const name of SAMPLE_CODECS) {
    const { bytes } = compressed(name, content)
    for (let end = 0; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end)
      // Between two blocks or frames nothing is missing by itself; the count of records finds it.
      const whole = attempt(() => named(name).inflate(cut, LIMIT))
      assert.ok(whole === null || whole.length < content.length, `${name}, ${end} bytes`)
    }
  }
})

function attempt(inflate: () => Buffer | null): Buffer | null {
  try {
    return inflate()
  } catch {
    return null
  }
}

test('several gzip members, one after the other, are all read', async () => {
  const input = Buffer.concat(['one ', 'two ', 'three'].map((text) => gzipSync(text)))
  assert.equal(named('gzip').inflate(input, LIMIT)?.toString(), 'one two three')
  assert.equal((await inPieces(named('gzip'), input)).toString(), 'one two three')
})

test('several frames of zstd, skippable ones, empty ones and none at all are read', async () => {
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
  const input = Buffer.concat([
    skippable,
    zstdCompressSync('one '),
    zstdCompressSync(''),
    skippable,
    zstdCompressSync(Buffer.alloc(300_000, 'two '), checksum),
  ])
  const expected = `one ${'two '.repeat(75_000)}`
  assert.equal(named('zstd').inflate(input, LIMIT)?.toString(), expected)
  assert.equal((await inPieces(named('zstd'), input)).toString(), expected)
  assert.equal(zstdFrames(input).length, 3)
  assert.equal(named('zstd').inflate(Buffer.alloc(0), LIMIT)?.length, 0)
})

test('zstd with the widest window that Kafka allows is read, without a content size', async () => {
  const content = Buffer.concat([Buffer.alloc(3_000_000, 'near'), Buffer.alloc(500_000, 'far')])
  const input = zstdCompressSync(content, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 22,
      [constants.ZSTD_c_windowLog]: 27,
      [constants.ZSTD_c_contentSizeFlag]: 0,
    },
  })
  assert.ok(named('zstd').inflate(input, LIMIT)?.equals(content))
  assert.ok((await inPieces(named('zstd'), input)).equals(content))
})

/** A frame of LZ4 with these flags; a block is stored, or sequences of which the last has no copy. */
function lz4Frame(flags: number, blocks: readonly { stored: boolean; bytes: readonly number[] }[]) {
  const parts: number[] = [0x04, 0x22, 0x4d, 0x18, 0x40 | flags, 0x40]
  if ((flags & 0x08) !== 0) parts.push(...Array.from({ length: 8 }, () => 9)) // not looked at
  parts.push(0xee) // a header checksum that is wrong, as old producers wrote it
  for (const { stored, bytes } of blocks) {
    const length = Buffer.alloc(4)
    length.writeUInt32LE((bytes.length | (stored ? 0x8000_0000 : 0)) >>> 0)
    parts.push(...length, ...bytes)
    if ((flags & 0x10) !== 0) parts.push(1, 2, 3, 4)
  }
  parts.push(0, 0, 0, 0)
  if ((flags & 0x04) !== 0) parts.push(5, 6, 7, 8)
  return Buffer.from(parts)
}

const lz4 = (input: Buffer): string => Buffer.concat([...inflateLz4(input)]).toString()

test('LZ4: linked blocks, every checksum, a content size, stored blocks, joined and empty frames', () => {
  const abcd = { stored: true, bytes: [...Buffer.from('abcd')] }
  // No literal, 4 bytes from 4 bytes ago, which are in the block before; then 'e' alone.
  const linked = { stored: false, bytes: [0x00, 4, 0, 0x10, 0x65] }
  for (const flags of [0, 0x04, 0x08, 0x10, 0x1c]) {
    assert.equal(lz4(lz4Frame(flags, [abcd, linked])), 'abcdabcde', `flags ${flags}`)
  }
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7])
  const joined = [lz4Frame(0x20, [abcd]), skippable, lz4Frame(0, []), lz4Frame(0, [abcd])]
  assert.equal(lz4(Buffer.concat(joined)), 'abcdabcd')
  assert.equal(lz4(lz4Frame(0, [])), '')
})

test('LZ4: what reaches back before the beginning or needs a dictionary is refused', () => {
  const reachesBack = { stored: false, bytes: [0x10, 0x61, 2, 0, 0x10, 0x65] }
  assert.throws(() => lz4(lz4Frame(0, [reachesBack])), Undecodable)
  assert.throws(() => lz4(lz4Frame(0x01, [])), /dictionary/)
  assert.throws(() => lz4(Buffer.from('not a frame of LZ4')), /no frame of LZ4/)
  assert.throws(() => lz4(lz4Frame(0x80, [])), /version 3/)
})

test('LZ4: a run longer than a piece comes in pieces', () => {
  // 'a', then 20,000 times 255 bytes and a few more of the same.
  const run = [0x1f, 0x61, 1, 0, ...Array.from({ length: 20_000 }, () => 255), 0, 0x10, 0x62]
  const pieces = [...inflateLz4(lz4Frame(0, [{ stored: false, bytes: run }]))]
  const expected = 1 + 15 + 4 + 255 * 20_000 + 1
  assert.equal(Buffer.concat(pieces).length, expected)
  assert.ok(Math.max(...pieces.map(({ length }) => length)) <= 2_097_152)
})

const snappy = (input: Buffer): string => Buffer.concat([...inflateSnappy(input)]).toString()

test('Snappy: joined streams of snappy-java, empty ones, and copies from far back', () => {
  const framed = (text: string): Buffer => compressed('snappy-java', Buffer.from(text)).bytes
  const text = 'some words '.repeat(500)
  assert.equal(snappy(Buffer.concat([framed(text), framed(''), framed('end')])), `${text}end`)
  assert.equal(snappy(framed('')), '')
  assert.equal(snappy(Buffer.from([0])), '')
  // A literal of 100,000 bytes, then 4 bytes from as far back: a copy of the longest form.
  const literal = Buffer.alloc(100_000, 'x')
  literal.write('far!')
  const head = Buffer.from([0xa4, 0x8d, 0x06, 0xf8, 0x9f, 0x86, 0x01])
  const copy = Buffer.from([0x0f, 0xa0, 0x86, 0x01, 0x00])
  assert.ok(snappy(Buffer.concat([head, literal, copy])).endsWith('xfar!'))
})

test('Snappy: more or less than it says itself is refused, before it is made', () => {
  const more = Buffer.from([3, 0x0c, 0x61, 0x62, 0x63, 0x64])
  assert.throws(() => snappy(more), /more than 3 bytes/)
  assert.throws(() => snappy(Buffer.from([9, 0x0c, 0x61, 0x62, 0x63, 0x64])), /4 bytes, expected 9/)
  assert.throws(() => snappy(Buffer.from([9, 0x0c, 0x61])), Undecodable)
  assert.throws(() => snappy(Buffer.from([4, 0x0e, 9, 0])), Undecodable)
  assert.throws(() => snappy(Buffer.alloc(0)), /no length/)
})
