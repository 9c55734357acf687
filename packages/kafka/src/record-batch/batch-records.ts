import { unreadable, type BatchHeader } from './batch-header.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { readVarint, RecordInPlace, skipVarint, type RecordFrame } from './record-in-place.ts'

/** How far the records of a batch were read. */
export interface Progress {
  /** How many were passed, and the offset after the last of them. */
  readonly index: number
  readonly next: number
  /** Where the next one begins, in the bytes that were read. */
  readonly at: number
}

const MAX_VARINT_BYTES = 5

/**
 * Reads the records that lie between `start` and `end` of some bytes, without a Buffer, a bigint or a list
 * of headers for each: 0.1 µs a record instead of the 2.4 µs of kafkajs, which is the reference (a
 * property test holds both against each other). Those before the offset `from` are passed over.
 *
 * @param isWhole false when the batch goes on elsewhere: then a record that is cut off is left for later.
 * @throws {UnreadableRecords}
 */
export function readRecords(
  header: BatchHeader,
  range: {
    readonly bytes: Buffer
    readonly start: number
    readonly end: number
    readonly isWhole: boolean
  },
  so: { readonly index: number; readonly next: number; readonly from: number },
  records: FetchedRecord[],
): Progress {
  const { bytes, end, isWhole } = range
  const { baseOffset, count } = header
  const { from } = so
  const frame = frameOf(header, bytes)
  const cursor = { at: range.start }
  let { index, next } = so
  let at = range.start
  for (; index < count; index++) {
    const recordEnd = readVarint(bytes, cursor) + cursor.at
    if (!isWhole && (recordEnd > end || end - at < MAX_VARINT_BYTES)) break
    const recordAt = cursor.at
    cursor.at++ // attributes, of which there are none
    skipVarint(bytes, cursor) // timestamp
    const offset = baseOffset + readVarint(bytes, cursor)
    const keyBytes = readVarint(bytes, cursor)
    if (keyBytes > 0) cursor.at += keyBytes
    const valueBytes = readVarint(bytes, cursor)
    const valueStart = cursor.at
    const valueEnd = valueBytes < 0 ? -1 : valueStart + valueBytes
    // At least the count of headers follows; `recordEnd` moves on, or this would never end.
    if (recordEnd > end || recordEnd <= Math.max(valueStart, valueEnd)) {
      throw unreadable('layout', header, `the lengths of record ${index} do not add up`)
    }
    if (offset < next || offset >= header.next) {
      throw unreadable('layout', header, `record ${index} has offset ${offset}, expected ${next}`)
    }
    if (offset >= from) {
      records.push(new RecordInPlace(frame, offset, recordAt, valueStart, valueEnd))
    }
    next = offset + 1
    at = recordEnd
    cursor.at = recordEnd
  }
  if (isWhole && at !== end) {
    throw unreadable('layout', header, `its ${count} records end at byte ${at}, expected ${end}`)
  }
  return { index, next, at }
}

export function frameOf(header: BatchHeader, bytes: Buffer): RecordFrame {
  const { partition, firstTimestampMs, appendedAtMs } = header
  return { partition, bytes, firstTimestampMs, appendedAtMs }
}
