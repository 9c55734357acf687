import { createRequire } from 'node:module'
import type { RawBatch } from 'kafkajs/src/consumer/consumerGroup.js'
import {
  compressed,
  registerCodecs,
  type SampleCodec,
} from '../record-batch/compression/codecs.fixture.ts'
import { crc32c } from '../record-batch/crc32c.ts'
import type { FetchResponse } from '../fetch/fetch-response.ts'

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
  readonly compression: SampleCodec
  readonly isTransactional: boolean
  /** @default 7 */
  readonly producerId?: number
  /** Written by a broker at the end of a transaction. @default none */
  readonly marker?: 'abort' | 'commit'
  readonly isLogAppendTime: boolean
  readonly records: readonly SampleRecord[]
}

export interface SamplePartition {
  readonly partition: number
  readonly batches: readonly SampleBatch[]
  /** Bytes that the broker cut off at the end. */
  readonly cutBytes: number
  /** @default none */
  readonly aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

registerCodecs()

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

/** What kafkajs itself makes of a response: the reference. */
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
const IS_CONTROL = 0x20

async function batchBytes(firstOffset: number, batch: SampleBatch): Promise<Buffer> {
  const { firstTimestamp, records } = batch
  const encoder = await encodeBatch({
    firstOffset,
    firstTimestamp,
    maxTimestamp: firstTimestamp + Math.max(0, ...records.map((each) => each.timestampDelta)),
    lastOffsetDelta: records.length - 1,
    compression: 0,
    transactional: batch.isTransactional,
    producerId: batch.isTransactional ? (batch.producerId ?? 7) : -1,
    records: records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  })
  const { number, bytes: body } = compressed(batch.compression, encoder.buffer.subarray(61))
  const bytes = Buffer.concat([encoder.buffer.subarray(0, 61), body])
  let attributes = (bytes[22] ?? 0) | number
  if (batch.isLogAppendTime) attributes |= IS_LOG_APPEND_TIME // only a broker sets it
  if (batch.marker !== undefined) attributes |= IS_CONTROL
  bytes[22] = attributes
  return signed(bytes)
}

/** With the length and the checksum that it should have. */
export function signed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** The batch that a broker writes at the end of a transaction. */
export function markerBatch(marker: 'abort' | 'commit', producerId: number): SampleBatch {
  const key = Buffer.from([0, 0, 0, marker === 'abort' ? 0 : 1])
  return {
    gap: 0,
    firstTimestamp: 1_700_000_000_000,
    compression: 'none',
    isTransactional: true,
    isLogAppendTime: false,
    producerId,
    marker,
    records: [{ key, value: Buffer.alloc(6), headers: {}, timestampDelta: 0 }],
  }
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
  for (const { partition, batches, cutBytes, aborted = [] } of partitions) {
    const { bytes, next } = await recordSetBytes(baseOffset, batches)
    // Kafka never cuts off the first batch of a partition.
    const first = bytes.length === 0 ? 0 : 12 + bytes.readInt32BE(8)
    const kept = bytes.subarray(0, Math.max(first, bytes.length - cutBytes))
    encoder
      .writeInt32(partition)
      .writeInt16(0)
      .writeInt64(next)
      .writeInt64(next)
      .writeInt64(0)
      .writeInt32(aborted.length)
    for (const { producerId, firstOffset } of aborted) {
      encoder.writeInt64(producerId).writeInt64(firstOffset)
    }
    encoder.writeInt32(-1).writeInt32(kept.length).writeBuffer(kept)
  }
  return encoder.buffer
}
