import { crc32c } from './crc32c.ts'
import { keyBytesOf, BufferedRecord, valueBytesOf, type OutgoingRecord } from '../records.ts'

/**
 * Kafka's record batch, version 2, written in one pass into bytes that are there already. Byte for byte what
 * kafkajs writes (a property test holds both against each other), without its buffer a field.
 * Layout: https://kafka.apache.org/documentation/#recordbatch
 */
export const HEADER_BYTES = 61
/** Length, attributes, timestamp and offset delta, lengths of key and value, count of headers. */
const MAX_FRAME_BYTES = 5 + 1 + 1 + 5 + 5 + 5 + 5
const MAX_HEADER_FRAME_BYTES = 5 + 5

/** Room that `writeRecordBatch` may need: exact up to a few bytes a record. */
export function recordBatchRoom(records: readonly OutgoingRecord[]): number {
  let bytes = HEADER_BYTES
  for (const record of records) {
    const { headers } = record
    bytes += MAX_FRAME_BYTES
    bytes += Math.max(0, keyBytesOf(record)) + Math.max(0, valueBytesOf(record))
    if (headers !== undefined) bytes += headersRoom(headers)
  }
  return bytes
}

/** Exactly what `writeRecordBatch` writes; slower, for when a few bytes decide. */
export function recordBatchBytes(records: readonly OutgoingRecord[]): number {
  let bytes = HEADER_BYTES
  for (const [index, record] of records.entries()) {
    const bodyBytes = recordBodyBytes(record, index)
    bytes += varintBytes(bodyBytes) + bodyBytes
  }
  return bytes
}

type Headers = NonNullable<OutgoingRecord['headers']>

export function headersRoom(headers: Headers): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    bytes += MAX_HEADER_FRAME_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  return bytes
}

/**
 * @param timestampMs of every record in it.
 * @returns the index after the batch.
 */
export function writeRecordBatch(
  into: Buffer,
  start: number,
  { records, timestampMs }: { readonly records: readonly OutgoingRecord[]; timestampMs: number },
): number {
  const end = writeRecords(into, start + HEADER_BYTES, records)
  writeBatchHeader(into, { start, end }, { count: records.length, codec: 0, timestampMs })
  return end
}

/**
 * What a codec compresses: the records of a batch without its header.
 *
 * @param into has room for `recordBatchRoom` @returns a view of it
 */
export function encodeRecords(
  records: readonly OutgoingRecord[],
  into: Buffer = Buffer.allocUnsafe(recordBatchRoom(records)),
): Buffer {
  return into.subarray(0, writeRecords(into, 0, records))
}

function writeRecords(into: Buffer, start: number, records: readonly OutgoingRecord[]): number {
  let at = start
  for (let index = 0; index < records.length; index++) {
    const record = records[index]
    if (record !== undefined) at = writeRecord(into, at, record, index)
  }
  return at
}

/** For records that lie behind it already. */
export function writeBatchHeader(
  into: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  { count, codec, timestampMs }: { count: number; codec: number; timestampMs: number },
): void {
  into.fill(0, start, start + HEADER_BYTES) // base offset, leader epoch, attributes, producer epoch, sequence
  into.writeInt32BE(end - start - 12, start + 8)
  into[start + 16] = 2 // magic
  into[start + 22] = codec // the second byte of its attributes
  into.writeInt32BE(count - 1, start + 23)
  writeInt64(into, start + 27, timestampMs)
  writeInt64(into, start + 35, timestampMs)
  into.fill(0xff, start + 43, start + 51) // no producer id
  into.writeInt32BE(count, start + 57)
  into.writeUInt32BE(crc32c(into.subarray(start + 21, end)), start + 17)
}

function recordBodyBytes(record: OutgoingRecord, index: number): number {
  const { headers } = record
  const keyBytes = keyBytesOf(record)
  const valueBytes = valueBytesOf(record)
  return (
    2 + // attributes, timestamp delta
    varintBytes(index) +
    varintBytes(keyBytes) +
    varintBytes(valueBytes) +
    (keyBytes > 0 ? keyBytes : 0) +
    (valueBytes > 0 ? valueBytes : 0) +
    (headers === undefined ? 1 : headersBytes(headers))
  )
}

function writeRecord(into: Buffer, start: number, record: OutgoingRecord, index: number): number {
  const { headers } = record
  let at = writeVarint(into, start, recordBodyBytes(record, index))
  into[at++] = 0
  into[at++] = 0
  at = writeVarint(into, at, index)
  if (record instanceof BufferedRecord) {
    at = writeRange(into, at, record.buffer, record.keyStart, record.keyEnd)
    at = writeRange(into, at, record.buffer, record.start, record.end)
  } else {
    at = writeBytes(into, at, record.key)
    at = writeBytes(into, at, record.value)
  }
  if (headers !== undefined) return writeHeaders(into, at, headers)
  into[at] = 0
  return at + 1
}

function writeBytes(into: Buffer, start: number, bytes: Buffer | null): number {
  if (bytes === null) {
    into[start] = 1 // the varint of -1
    return start + 1
  }
  const at = writeVarint(into, start, bytes.length)
  into.set(bytes, at)
  return at + bytes.length
}

/** Calling into C++ takes as long as copying so many bytes here. */
const MAX_BYTES_COPIED_HERE = 48

function writeRange(into: Buffer, at: number, buffer: Buffer, start: number, end: number): number {
  const length = end - start
  const target = writeVarint(into, at, length)
  if (length > MAX_BYTES_COPIED_HERE) buffer.copy(into, target, start, end)
  else
    for (let index = 0; index < length; index++) into[target + index] = buffer[start + index] ?? 0
  return target + length
}

function headersBytes(headers: Headers): number {
  const entries = Object.entries(headers)
  let bytes = varintBytes(entries.length)
  for (const [name, value] of entries) {
    for (const each of [Buffer.byteLength(name), Buffer.byteLength(value)]) {
      bytes += varintBytes(each) + each
    }
  }
  return bytes
}

function writeHeaders(into: Buffer, start: number, headers: Headers): number {
  const entries = Object.entries(headers)
  let at = writeVarint(into, start, entries.length)
  for (const [name, value] of entries) {
    at = writeBytes(into, at, Buffer.from(name))
    at = writeBytes(into, at, typeof value === 'string' ? Buffer.from(value) : value)
  }
  return at
}

/** Zigzag: Kafka's lengths may be -1. */
function zigzag(value: number): number {
  return value < 0 ? 1 : (value << 1) >>> 0
}

function varintBytes(value: number): number {
  const bits = zigzag(value)
  if (bits < 0x80) return 1
  if (bits < 0x4000) return 2
  if (bits < 0x20_0000) return 3
  return bits < 0x1000_0000 ? 4 : 5
}

function writeVarint(into: Buffer, start: number, value: number): number {
  let at = start
  let rest = zigzag(value)
  while (rest > 0x7f) {
    into[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[at++] = rest
  return at
}

/** @param value a whole number from 0 to 2^53. */
function writeInt64(into: Buffer, at: number, value: number): void {
  into.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  into.writeUInt32BE(value % 2 ** 32, at + 4)
}
