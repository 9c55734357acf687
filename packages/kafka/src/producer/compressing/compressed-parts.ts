import { setImmediate } from 'node:timers/promises'
import type { Logger } from '@custom-events/runtime'
import type { LinkBatch } from '../produce-link.ts'
import type { RequestPart } from '../produce-request.ts'
import {
  compressorOf,
  type Compression,
  type Compressor,
} from '../../record-batch/compression/compressor.ts'
import { encodeRecords, recordBatchRoom } from '../../record-batch/record-batch.ts'

/** Compresses the batches of requests where that makes them smaller, until a broker refuses it. */
export interface PartCompressor {
  /** The same batches in the same order, for a broker that speaks this version of produce requests. */
  compress(batches: readonly LinkBatch[], version: number): Promise<readonly RequestPart[]>
  /** A broker does not take the codec: all is sent plain from now on. */
  refused(): void
}

/** A smaller batch is sent as it is: what it would save is worth less than what starting a codec costs. */
const COMPRESSED_FROM_BYTES = 16_384
/** So long one request holds up the event loop before others have it: five to ten full batches with zstd. */
const MAX_HOLD_MS = 2
/** Of one batch as ingest makes it; what a single record of 2 MiB needs is not kept. */
const SCRATCH_BYTES = 512 * 1_024
const TELL_EVERY_MS = 60_000
const RUNBOOK = '(docs/runbook.md)'
/** Of Kafka 2.1, which brought zstd: brokers refuse it in older ones (KIP-110). */
const ZSTD_SINCE_VERSION = 7

/** `null` without compression: then nothing is done and nothing waits. */
export function createPartCompressor(
  compression: Compression,
  log: Logger,
  compressor?: Compressor,
): PartCompressor | null {
  if (compression === 'none') return null
  const { codec, compress } = compressor ?? compressorOf(compression)
  let isRefused = false
  let toldAt = -Infinity
  // One for all batches, each of which is gone from it before the next: memory outside V8's heap makes it collect sooner.
  const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

  const compressOrTell = (plain: Buffer): Buffer | null => {
    try {
      return compress(plain)
    } catch (err) {
      const isNews = performance.now() - toldAt > TELL_EVERY_MS
      if (isNews) toldAt = performance.now()
      const text = `a batch could not be compressed: it is sent plain ${RUNBOOK}`
      log[isNews ? 'warn' : 'debug']({ err, compression }, text)
      return null
    }
  }

  const part = (batch: LinkBatch): RequestPart => {
    const { topic, partition, records } = batch
    const room = recordBatchRoom(records)
    if (room < COMPRESSED_FROM_BYTES) return batch
    const plain = encodeRecords(records, room > scratch.length ? Buffer.allocUnsafe(room) : scratch)
    const bytes = compressOrTell(plain)
    if (bytes === null || bytes.length >= plain.length) return batch
    return { topic, partition, records, compressed: { codec, bytes, plainBytes: plain.length } }
  }

  return {
    compress: async (batches, version) => {
      if (isRefused || (compression === 'zstd' && version < ZSTD_SINCE_VERSION)) return batches
      const parts: RequestPart[] = []
      let heldSince = performance.now()
      for (const batch of batches) {
        if (performance.now() - heldSince > MAX_HOLD_MS) {
          await setImmediate()
          heldSince = performance.now()
        }
        parts.push(part(batch))
      }
      return parts
    },
    refused: () => {
      const about = { compression, remedy: 'set KAFKA_COMPRESSION to what all brokers take' }
      if (!isRefused)
        log.warn(about, `a broker refuses the codec: batches are sent plain ${RUNBOOK}`)
      isRefused = true
    },
  }
}
