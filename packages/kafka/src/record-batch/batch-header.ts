import { crc32c } from './crc32c.ts'
import { readInt64 } from './record-in-place.ts'
import type { TopicPartition } from '../records.ts'
import { UnreadableRecords, type WhyUnreadable } from './unreadable-records.ts'

/**
 * Layout of a record batch, from its first byte; https://kafka.apache.org/documentation/#recordbatch.
 * Base offset and length come before what the checksum covers.
 */
const LENGTH_AT = 8
const LENGTH_COUNTS_FROM = 12
export const MAGIC_AT = 16
const CRC_AT = 17
const CRC_COVERS_FROM = 21
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const HEADER_BYTES = 61

const COMPRESSION = 0x07
const IS_LOG_APPEND_TIME = 0x08
const IS_TRANSACTIONAL = 0x10
const IS_CONTROL = 0x20

/** A batch whose checksum is right. */
export interface BatchHeader extends TopicPartition {
  /** Where its records begin and end. */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** The offset after it; its last records may be compacted away. */
  readonly next: number
  readonly checksum: number
  readonly codec: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly producerId: bigint
  readonly firstTimestampMs: number
  /** When the broker stamps records itself, the time of all of them. */
  readonly appendedAtMs: number | null
  readonly count: number
}

/** Where a batch or an older message set that begins at `at` ends, by its own word. */
export function batchEnd(bytes: Buffer, at: number): number {
  return at + LENGTH_COUNTS_FROM + bytes.readInt32BE(at + LENGTH_AT)
}

/**
 * @param follows the offset after the batch before: the base offset is outside of the checksum, so that its
 * order is checked, too.
 * @throws {UnreadableRecords}
 */
export function readBatchHeader(
  bytes: Buffer,
  at: number,
  { topic, partition, follows }: TopicPartition & { readonly follows: number },
): BatchHeader {
  const end = batchEnd(bytes, at)
  const baseOffset = readInt64(bytes, at)
  const place = { topic, partition, baseOffset }
  if (end - at < HEADER_BYTES) {
    throw unreadable('damaged', place, `expected at least ${HEADER_BYTES} bytes, got ${end - at}`)
  }
  const checksum = bytes.readUInt32BE(at + CRC_AT)
  const got = crc32c(bytes.subarray(at + CRC_COVERS_FROM, end))
  if (got !== checksum) {
    throw unreadable('damaged', place, `expected checksum ${checksum}, got ${got}`)
  }
  if (baseOffset < follows) throw unreadable('damaged', place, `it follows offset ${follows - 1}`)
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
  return {
    topic,
    partition,
    start: at + HEADER_BYTES,
    end,
    baseOffset,
    next: baseOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1,
    checksum,
    codec: attributes & COMPRESSION,
    isTransactional: (attributes & IS_TRANSACTIONAL) !== 0,
    isControl: (attributes & IS_CONTROL) !== 0,
    producerId: bytes.readBigInt64BE(at + PRODUCER_ID_AT),
    firstTimestampMs: readInt64(bytes, at + FIRST_TIMESTAMP_AT),
    appendedAtMs:
      (attributes & IS_LOG_APPEND_TIME) === 0 ? null : readInt64(bytes, at + MAX_TIMESTAMP_AT),
    count: bytes.readInt32BE(at + COUNT_AT),
  }
}

export function unreadable(
  reason: WhyUnreadable,
  { topic, partition, baseOffset: offset }: TopicPartition & { readonly baseOffset: number },
  what: string,
  options?: ErrorOptions,
): UnreadableRecords {
  return new UnreadableRecords(reason, { topic, partition, offset }, what, options)
}
