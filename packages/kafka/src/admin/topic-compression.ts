import type { Compression } from '../record-batch/compression/compressor.ts'

export const COMPRESSION_TYPE = 'compression.type'
/** Brokers store batches as they come, whatever is the default of the cluster. */
export const KEPT_AS_SENT = 'producer'

/** What brokers make of what ingest sends. */
export interface CompressionFinding {
  /** They inflate every batch and compress it anew. */
  readonly isRecompressed: boolean
  /** Empty: nothing that anybody should know. */
  readonly why: string
}

/** @param setting of the topic, such as `producer`, `zstd` or `uncompressed`. */
export function compareCompression(setting: string, sent: Compression): CompressionFinding {
  if (setting === KEPT_AS_SENT) return { isRecompressed: false, why: '' }
  if (setting === sent) {
    const why = 'brokers compress what ingest sends plain, batches below 16 KiB'
    return { isRecompressed: false, why }
  }
  if (sent !== 'none') {
    const why = `brokers inflate what ingest compresses (KAFKA_COMPRESSION=${sent}) and store it as ${setting}`
    return { isRecompressed: true, why }
  }
  if (setting === 'uncompressed') return { isRecompressed: false, why: '' }
  return { isRecompressed: false, why: 'brokers compress what ingest sends plain' }
}
