import { constants, gzipSync, zstdCompressSync } from 'node:zlib'

/** What ingest compresses large batches with. */
export type Compression = 'zstd' | 'gzip' | 'none'

export interface Compressor {
  /** As it stands in the attributes of a batch. */
  readonly codec: number
  /**
   * At once, on the event loop: 256 KiB of events hold it up for 0.2 to 0.4 ms with zstd. In a thread the same costs more, see
   * docs/decisions/0062-compress-at-once.md.
   *
   * @throws when Node cannot
   */
  readonly compress: (plain: Buffer) => Buffer
}

/** The fastest level of both: of events, a higher one makes nothing smaller (docs/decisions/0053-compression.md). */
const LEVEL = 1
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }

const COMPRESSORS: Readonly<Record<Exclude<Compression, 'none'>, Compressor>> = {
  zstd: { codec: 4, compress: (plain) => zstdCompressSync(plain, ZSTD) },
  gzip: { codec: 1, compress: (plain) => gzipSync(plain, { level: LEVEL }) },
}

export function compressorOf(compression: Exclude<Compression, 'none'>): Compressor {
  return COMPRESSORS[compression]
}
