import { promisify } from 'node:util'
import { constants, createZstdCompress, gzip, type ZstdCompress } from 'node:zlib'

/** What ingest compresses large batches with. */
export type Compression = 'zstd' | 'gzip' | 'none'

/** Compresses one thing after another, each by itself, in one of Node's threads. */
export interface Compressor extends Disposable {
  /** As it stands in the attributes of a batch. */
  readonly codec: number
  /** @throws when Node cannot, or after it was disposed of. */
  compress(plain: Buffer): Promise<Buffer>
}

/** The fastest level of both: of events, a higher one makes nothing smaller (docs/decisions/0053-compression.md). */
const LEVEL = 1

export function createCompressor(compression: Exclude<Compression, 'none'>): Compressor {
  const { codec, compress, close } = CODECS[compression]()
  let isClosed = false
  let turn: Promise<unknown> = Promise.resolve()

  const one = (plain: Buffer): Promise<Buffer> =>
    isClosed ? Promise.reject(new Error(`${compression} is closed`)) : compress(plain)

  return {
    codec,
    compress: (plain) => {
      // One at a time: they share a stream, and should leave threads to others.
      const compressed = turn.then(() => one(plain))
      turn = compressed.catch(() => {})
      return compressed
    },
    [Symbol.dispose]: () => {
      isClosed = true
      close()
    },
  }
}

interface Codec {
  readonly codec: number
  readonly compress: (plain: Buffer) => Promise<Buffer>
  readonly close: () => void
}

const CODECS: Readonly<Record<Exclude<Compression, 'none'>, () => Codec>> = {
  zstd: openZstd,
  gzip: () => {
    const compress = promisify<Buffer, object, Buffer>(gzip)
    return { codec: 1, compress: (plain) => compress(plain, { level: LEVEL }), close: () => {} }
  },
}

/**
 * One stream for all: every write ends a frame, which stands alone, and what zstd needs is made once. A `zstdCompress`
 * for each would make and free it each time, for two or three times the CPU of a small batch, and memory that falls to
 * pieces (https://github.com/nodejs/node/issues/8871).
 */
function openZstd(): Codec {
  let stream = newStream()
  return {
    codec: 4,
    compress: (plain) => {
      if (stream.destroyed) stream = newStream() // after an error
      return passThrough(stream, plain)
    },
    close: () => stream.destroy(),
  }
}

/** Compressed events come in one piece. */
const PIECE_BYTES = 65_536
/** A batch waits in the stream until it is whole; none is so large. */
const ROOM = { readableHighWaterMark: 2 ** 30 }

function newStream(): ZstdCompress {
  const stream = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    flush: constants.ZSTD_e_end,
    chunkSize: PIECE_BYTES,
    ...ROOM,
  })
  return stream.on('error', () => {}) // told to the write that met it
}

function passThrough(stream: ZstdCompress, plain: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.write(plain, (error) => {
      if (error) return reject(error)
      const compressed: unknown = stream.read()
      if (Buffer.isBuffer(compressed)) resolve(compressed)
      else reject(new Error(`nothing came of ${plain.length} bytes`))
    })
  })
}
