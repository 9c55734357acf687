import { constants, createGzip, createZstdCompress } from 'node:zlib'

/** What ingest compresses large batches with. */
export type Compression = 'zstd' | 'gzip' | 'none'

/** Compresses one thing after another, each by itself, in one of Node's threads. */
export interface Compressor extends Disposable {
  /** As it stands in the attributes of a batch. */
  readonly codec: number
  /** @throws when Node cannot, or after it was disposed of; the next one is begun anew. */
  compress(plain: Buffer): Promise<Buffer>
}

/** The fastest level of both: of events, a higher one makes nothing smaller (docs/decisions/0053-compression.md). */
const LEVEL = 1
/** Compressed events come in one piece. */
const PIECE_BYTES = 65_536
/** All pieces of one batch wait here until it is whole: none is so large. */
const ROOM_BYTES = 2 ** 30

/**
 * One stream does them all: what each flushes is a frame of zstd, or a member of gzip, that stands alone. A function
 * of `node:zlib` for each would make and free a codec every time: two or three times the CPU for a batch of 16 KiB, and
 * memory that falls to pieces (https://github.com/nodejs/node/issues/8871).
 */
export function createCompressor(compression: Exclude<Compression, 'none'>): Compressor {
  const open = OPEN[compression]
  let stream = open.stream()
  let isClosed = false
  let turn: Promise<unknown> = Promise.resolve()

  const one = async (plain: Buffer): Promise<Buffer> => {
    if (isClosed) throw new Error(`${compression} is closed`)
    if (stream.destroyed) stream = open.stream()
    try {
      return await pass(stream, plain)
    } finally {
      open.rewind(stream)
    }
  }

  return {
    codec: open.codec,
    compress: (plain) => {
      // What is read after a write must be of that write alone.
      const compressed = turn.then(() => one(plain))
      turn = compressed.catch(() => {})
      return compressed
    },
    [Symbol.dispose]: () => {
      isClosed = true
      stream.destroy()
    },
  }
}

type Stream = ReturnType<typeof createZstdCompress> | ReturnType<typeof createGzip>

/** `flush` says what every write ends with. */
const OPEN = {
  gzip: {
    codec: 1,
    stream: (): Stream =>
      quiet(
        createGzip({
          level: LEVEL,
          flush: constants.Z_FINISH,
          chunkSize: PIECE_BYTES,
          readableHighWaterMark: ROOM_BYTES,
        }),
      ),
    rewind: (stream: Stream): void => {
      if ('reset' in stream && !stream.destroyed) stream.reset()
    },
  },
  zstd: {
    codec: 4,
    stream: (): Stream =>
      quiet(
        createZstdCompress({
          params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
          flush: constants.ZSTD_e_end,
          chunkSize: PIECE_BYTES,
          readableHighWaterMark: ROOM_BYTES,
        }),
      ),
    rewind: (): void => {}, // an ended frame is followed by another
  },
} as const

/** Its errors are those of the write that met them. */
function quiet(stream: Stream): Stream {
  return stream.on('error', () => {})
}

function pass(stream: Stream, plain: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.write(plain, (error) => {
      if (error) return reject(error)
      const compressed: unknown = stream.read()
      if (Buffer.isBuffer(compressed)) resolve(compressed)
      else reject(new Error(`nothing came of ${plain.length} bytes`))
    })
  })
}
