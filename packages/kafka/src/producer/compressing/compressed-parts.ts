import type { Logger } from '@custom-events/runtime'
import type { LinkBatch } from '../produce-link.ts'
import type { RequestPart } from '../produce-request.ts'
import { createCompressor, type Compression } from '../../record-batch/compression/compressor.ts'
import { encodeRecords, recordBatchRoom } from '../../record-batch/record-batch.ts'

/** Compresses the batches of requests where that makes them smaller, until a broker refuses it. */
export interface PartCompressor extends Disposable {
  /** The same batches in the same order, for a broker that speaks this version of produce requests. */
  compress(batches: readonly LinkBatch[], version: number): Promise<readonly RequestPart[]>
  /** A broker does not take the codec: all is sent plain from now on. */
  refused(): void
}

/** A smaller batch is sent as it is: what it would save is worth less than what starting a codec costs. */
const COMPRESSED_FROM_BYTES = 16_384
/** A request waits so long for Node's threads, which are busy with DNS or bodies: what is not compressed then is sent plain. */
const MAX_WAIT_MS = 250
const TELL_EVERY_MS = 60_000
const RUNBOOK = '(docs/runbook.md)'
/** Of Kafka 2.1, which brought zstd: brokers refuse it in older ones (KIP-110). */
const ZSTD_SINCE_VERSION = 7

/** `null` without compression: then nothing is done and nothing waits. */
export function createPartCompressor(compression: Compression, log: Logger): PartCompressor | null {
  if (compression === 'none') return null
  const compressor = createCompressor(compression)
  const { codec } = compressor
  let isRefused = false
  let isStuck = false
  let isClosed = false
  let toldAt = -Infinity

  /** Again only after a while: nothing is wrong with the batches. */
  const tell = (about: object, text: string): void => {
    const isNews = !isClosed && performance.now() - toldAt > TELL_EVERY_MS
    log[isNews ? 'warn' : 'debug']({ ...about, compression }, `${text} ${RUNBOOK}`)
    if (isNews) toldAt = performance.now()
  }

  const inTime = async (plain: Buffer, waitMs: number): Promise<Buffer | null> => {
    const compressing = compressor.compress(plain)
    const late = Promise.withResolvers<null>()
    const timer = setTimeout(late.resolve, waitMs, null)
    try {
      const compressed = await Promise.race([compressing, late.promise])
      if (compressed === null) stuckUntil(compressing)
      return compressed
    } catch (err) {
      tell({ err }, 'a batch could not be compressed: it is sent plain')
      return null
    } finally {
      clearTimeout(timer)
    }
  }

  const stuckUntil = (compressing: Promise<unknown>): void => {
    tell({ waitedMs: MAX_WAIT_MS }, 'no thread is free to compress: batches are sent plain')
    isStuck = true
    const goOn = (): void => void (isStuck = false)
    compressing.then(goOn, goOn)
  }

  const part = async (batch: LinkBatch, overdueAt: number): Promise<RequestPart> => {
    const { records } = batch
    const waitMs = overdueAt - performance.now()
    if (isStuck || waitMs <= 0 || recordBatchRoom(records) < COMPRESSED_FROM_BYTES) return batch
    const plain = encodeRecords(records)
    const bytes = await inTime(plain, waitMs)
    if (bytes === null || bytes.length >= plain.length) return batch
    const { topic, partition } = batch
    return { topic, partition, records, compressed: { codec, bytes, plainBytes: plain.length } }
  }

  return {
    compress: async (batches, version) => {
      if (isRefused || (compression === 'zstd' && version < ZSTD_SINCE_VERSION)) return batches
      const parts: RequestPart[] = []
      const overdueAt = performance.now() + MAX_WAIT_MS
      for (const batch of batches) parts.push(await part(batch, overdueAt))
      return parts
    },
    refused: () => {
      const about = { compression, remedy: 'set KAFKA_COMPRESSION to what all brokers take' }
      if (!isRefused)
        log.warn(about, `a broker refuses the codec: batches are sent plain ${RUNBOOK}`)
      isRefused = true
    },
    [Symbol.dispose]: () => {
      isClosed = true
      compressor[Symbol.dispose]()
    },
  }
}
