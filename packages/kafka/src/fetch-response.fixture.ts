import { createRequire } from 'node:module'
import type { RawBatch } from 'kafkajs/src/consumer/consumerGroup.js'
import { crc32c } from './crc32c.ts'
import type { FetchResponse } from './fetch-response.ts'

const kafkajs = createRequire(import.meta.resolve('kafkajs/package.json'))

interface Encoder {
  readonly buffer: Buffer
  writeInt8(value: number): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: bigint | number): Encoder
  writeString(value: string): Encoder
  writeBuffer(value: Buffer): Encoder
}

export interface SampleRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[]>>
  readonly timestampDelta: number
}

export interface SampleBatch {
  /** Offsets between the batch before and this one. */
  readonly gap: number
  readonly firstTimestamp: number
  readonly compression: 'none' | 'gzip'
  readonly isTransactional: boolean
  readonly isLogAppendTime: boolean
  readonly records: readonly SampleRecord[]
}

export interface SamplePartition {
  readonly partition: number
  readonly batches: readonly SampleBatch[]
  /** Bytes that the broker cut off at the end. */
  readonly cutBytes: number
}

// kafkajs has no types for these; the shapes are those of its version 2.2.4.
const EncoderOf = kafkajs('./src/protocol/encoder.js') as new () => Encoder
const encodeRecord = kafkajs('./src/protocol/recordBatch/record/v0/index.js') as (
  record: object,
) => Encoder
const { RecordBatch: encodeBatch } = kafkajs('./src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: (batch: object) => Promise<Encoder>
}
const BatchOf = kafkajs('./src/consumer/batch.js') as new (
  topic: string,
  fetchedOffset: string,
  partition: object,
) => RawBatch

/** What kafkajs itself makes of a response: the plain reference. */
export const { decode: decodeByKafkajs } = kafkajs(
  './src/protocol/requests/fetch/v11/response.js',
) as { decode: (payload: Buffer) => Promise<FetchResponse> }

/** What kafkajs's consumer group hands out for a partition of a response. */
export function batchOf(topic: string, fetchedOffset: number, partition: object): RawBatch {
  return new BatchOf(topic, String(fetchedOffset), partition)
}

/** A record set as a broker stores it. @returns its bytes and the offset after it. */
export async function recordSetBytes(
  baseOffset: number,
  batches: readonly SampleBatch[],
): Promise<{ readonly bytes: Buffer; readonly next: number }> {
  const parts: Buffer[] = []
  let next = baseOffset
  for (const batch of batches) {
    const firstOffset = next + batch.gap
    parts.push(await batchBytes(firstOffset, batch))
    next = firstOffset + batch.records.length
  }
  return { bytes: Buffer.concat(parts), next }
}

const IS_LOG_APPEND_TIME = 0x08
const BEGINNING_BYTES = 17

async function batchBytes(firstOffset: number, batch: SampleBatch): Promise<Buffer> {
  const { firstTimestamp, records } = batch
  const encoder = await encodeBatch({
    firstOffset,
    firstTimestamp,
    maxTimestamp: firstTimestamp + Math.max(0, ...records.map((each) => each.timestampDelta)),
    lastOffsetDelta: records.length - 1,
    compression: batch.compression === 'gzip' ? 1 : 0,
    transactional: batch.isTransactional,
    producerId: batch.isTransactional ? 7 : -1,
    records: records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  })
  const bytes = Buffer.from(encoder.buffer)
  if (batch.isLogAppendTime) bytes[22] = (bytes[22] ?? 0) | IS_LOG_APPEND_TIME // only a broker sets it
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** A response of version 11 with one topic. */
export async function responseBytes(
  topic: string,
  baseOffset: number,
  partitions: readonly SamplePartition[],
): Promise<Buffer> {
  const encoder = new EncoderOf()
    .writeInt32(3) // throttle time
    .writeInt16(0)
    .writeInt32(0)
    .writeInt32(1)
    .writeString(topic)
    .writeInt32(partitions.length)
  for (const { partition, batches, cutBytes } of partitions) {
    const { bytes, next } = await recordSetBytes(baseOffset, batches)
    // Kafka sends at least a batch's beginning; kafkajs fails on less.
    const kept = bytes.subarray(0, Math.max(BEGINNING_BYTES, bytes.length - cutBytes))
    encoder
      .writeInt32(partition)
      .writeInt16(0)
      .writeInt64(next)
      .writeInt64(next)
      .writeInt64(0)
      .writeInt32(0) // aborted transactions
      .writeInt32(-1)
      .writeInt32(kept.length)
      .writeBuffer(kept)
  }
  return encoder.buffer
}
