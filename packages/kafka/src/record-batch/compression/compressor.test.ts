import assert from 'node:assert/strict'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { test } from 'node:test'
import fc from 'fast-check'
import { codecOf } from './codecs.ts'
import { compressorOf } from './compressor.ts'
import { zstdContentBytes } from './zstd-frames.ts'

const INFLATE = { gzip: gunzipSync, zstd: zstdDecompressSync }
const CODECS = ['gzip', 'zstd'] as const

/** What repeats and what does not, around the sizes of pieces. */
const bytes = fc
  .tuple(
    fc.constantFrom(1, 2, 4_096, 16_384, 65_535, 65_536, 65_537, 200_000),
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
    fc.boolean(),
  )
  .map(([length, seed, repeats]) => (repeats ? repeated(length, seed) : scattered(length, seed)))

for (const compression of CODECS) {
  test(`${compression}: whatever came before, each is compressed by itself and comes back as it was`, () => {
    const { codec, compress } = compressorOf(compression)
    const reader = codecOf(codec)
    assert.ok(reader)
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (together) => {
        const compressed = together.map((plain) => compress(plain))
        for (const [index, plain] of together.entries()) {
          const each = compressed[index] ?? Buffer.alloc(0)
          assert.ok(INFLATE[compression](each).equals(plain), 'by Node, which reads one alone')
          assert.ok(reader.inflate(each, plain.length)?.equals(plain), 'by our reader')
          assert.equal(reader.inflate(each, plain.length - 1), null, 'it is no more than that')
          if (compression === 'zstd') assert.equal(zstdContentBytes(each), plain.length, 'told')
        }
      }),
      { numRuns: 60 },
    )
  })
}

function repeated(length: number, seed: Uint8Array): Buffer {
  return Buffer.alloc(length, seed)
}

/** Of a generator of its own: the same seed gives the same bytes. */
function scattered(length: number, seed: Uint8Array): Buffer {
  let state = seed.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 1)
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    }),
  )
}
