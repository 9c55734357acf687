import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'
import lz4 from 'lz4-napi'
import snappy from 'snappy'

/** `snappy-java` is snappy in the framing that Kafka's own clients write. */
export type SampleCodec = 'none' | 'gzip' | 'snappy' | 'snappy-java' | 'lz4' | 'zstd'

export const SAMPLE_CODECS = ['gzip', 'snappy', 'snappy-java', 'lz4', 'zstd'] as const

const NUMBERS: Readonly<Record<SampleCodec, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  'snappy-java': 2,
  lz4: 3,
  zstd: 4,
}
/** As small as a writer may choose, so that short samples have several blocks. */
const FRAMED_BLOCK_BYTES = 1_024
const FRAME = Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1')

/** Compressed by libraries, which know nothing of our code. */
export function compressed(
  codec: SampleCodec,
  bytes: Buffer,
): { readonly number: number; readonly bytes: Buffer } {
  return { number: NUMBERS[codec], bytes: compress(codec, bytes) }
}

function compress(codec: SampleCodec, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return snappy.compressSync(copied(bytes))
    case 'snappy-java':
      return framedSnappy(bytes)
    case 'lz4':
      return lz4.compressFrameSync(copied(bytes))
    case 'zstd':
      return zstdCompressSync(bytes)
  }
}

function framedSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [FRAME]
  for (let at = 0; at < bytes.length; at += FRAMED_BLOCK_BYTES) {
    const block = snappy.compressSync(copied(bytes.subarray(at, at + FRAMED_BLOCK_BYTES)))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

function unframedSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, 8).equals(FRAME.subarray(0, 8))) return uncompress(bytes)
  const parts: Buffer[] = []
  for (let at = FRAME.length; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at)
    parts.push(uncompress(bytes.subarray(at + 4, end)))
    at = end
  }
  return Buffer.concat(parts)
}

function uncompress(bytes: Buffer): Buffer {
  return Buffer.from(snappy.uncompressSync(copied(bytes))) // without `asBuffer: false` it is a Buffer
}

/** Lets kafkajs, the reference, read all codecs, by the same libraries. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const codec = (decompress: (bytes: Buffer) => Buffer) => () => ({
    compress: () => Promise.reject(new Error('kafkajs only reads here')),
    decompress: async (bytes: Buffer) => decompress(bytes),
  })
  CompressionCodecs[CompressionTypes.GZIP] = codec((bytes) => gunzipSync(bytes))
  CompressionCodecs[CompressionTypes.Snappy] = codec(unframedSnappy)
  CompressionCodecs[CompressionTypes.LZ4] = codec((bytes) => lz4.decompressFrameSync(copied(bytes)))
  CompressionCodecs[CompressionTypes.ZSTD] = codec((bytes) => zstdDecompressSync(bytes))
}

/** These libraries take only memory that is not shared between threads. */
function copied(bytes: Buffer): Buffer<ArrayBuffer> {
  return Buffer.from(bytes)
}
