import type { BatchHeader } from './batch-header.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { readVarint, readVarlong } from './record-in-place.ts'

/** So much of a record is kept that is too long to be held. */
const KEPT_BYTES = 1_048_576
const LONGEST_VARINT_BYTES = 5

/**
 * The beginning of a record of which only the first bytes were read, with what it was as a whole.
 *
 * @param bytes of the record, from `at` on; as many as may be held at all.
 */
export function beginningOf(
  { partition, baseOffset, firstTimestampMs, appendedAtMs }: BatchHeader,
  bytes: Buffer,
  { at, recordEnd }: { readonly at: number; readonly recordEnd: number },
): FetchedRecord {
  const cursor = { at: at + 1 } // attributes, of which there are none
  const delta = readVarlong(bytes, cursor)
  const offset = baseOffset + readVarint(bytes, cursor)
  const keyBytes = readVarint(bytes, cursor)
  const keyStart = cursor.at
  cursor.at += Math.max(0, keyBytes)
  const isValueSeen = cursor.at + LONGEST_VARINT_BYTES <= bytes.length // else its rest would read as 0
  const valueBytes = isValueSeen ? readVarint(bytes, cursor) : recordEnd - cursor.at
  const valueStart = cursor.at
  const kept = (start: number, length: number): Buffer | null =>
    length < 0 ? null : copy(bytes, start, Math.min(start + length, at + KEPT_BYTES))
  const headersBytes = Math.max(0, recordEnd - valueStart - Math.max(0, valueBytes))
  return {
    partition,
    offset,
    timestampMs: appendedAtMs ?? firstTimestampMs + delta,
    key: kept(keyStart, keyBytes),
    value: kept(valueStart, valueBytes),
    headers: {},
    whole: { keyBytes: known(keyBytes), valueBytes: known(valueBytes), headersBytes },
  }
}

/** What it is cut from is not held. */
function copy(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, Math.max(start, end)))
}

function known(length: number): number | null {
  return length < 0 ? null : length
}
