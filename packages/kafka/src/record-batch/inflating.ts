import { setImmediate } from 'node:timers/promises'
import { readRecords } from './batch-records.ts'
import { unreadable, type BatchHeader } from './batch-header.ts'
import { codecOf, type Codec } from './compression/codecs.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { Keepable, OpenBatches } from './open-batches.ts'
import { beginningOf } from './record-beginning.ts'
import { readVarint } from './record-in-place.ts'
import { UnreadableRecords } from './unreadable-records.ts'

/** A batch that becomes no more than this is inflated at one go: a few milliseconds of the event loop. */
const MAX_AT_ONCE_BYTES = 2_097_152
/** What a fetch inflates at most without keeping any of it, on its way to the offset that it is asked for. */
const MAX_PASSED_BYTES = 134_217_728
/** A record above this is handed on without its end, for whoever sets it aside: none of ours is so long. */
const MAX_RECORD_BYTES = 16_777_216
/** What a record takes in memory beside its bytes: an object and its entries in lists; an estimate. */
export const RECORD_OVERHEAD_BYTES = 100

/** What was read of a batch: all of it, or up to but not including `next`. */
export interface Part {
  readonly isWhole: boolean
  readonly next: number
  /** Bytes held for its records. */
  readonly bytes: number
}

export interface Wanted {
  /** Records before this offset are passed over. */
  readonly from: number
  /** Reading stops soon after so many bytes are held. */
  readonly maxBytes: number
}

/** A large batch in the middle of being inflated. */
export interface OpenBatch extends Keepable {
  readonly header: BatchHeader
  readonly pieces: AsyncGenerator<Buffer, void>
  /** Bytes of a record whose end was not inflated yet. */
  rest: Buffer
  /** Bytes of a long record that are still to be dropped. */
  dropBytes: number
  index: number
  next: number
  /** Bytes that hold records of the part that is being read. */
  heldBytes: number
}

async function close(open: OpenBatch | null): Promise<void> {
  await open?.close()
}

/**
 * Reads a compressed batch. A small one at one go; a large one in pieces, off the event loop, and only as
 * much as is wanted now: what a few bytes may become has no limit, what is held has one.
 *
 * @throws {UnreadableRecords}
 */
export async function readCompressed(
  header: BatchHeader,
  bytes: Buffer,
  {
    wanted,
    records,
    open,
  }: { wanted: Wanted; records: FetchedRecord[]; open: OpenBatches<OpenBatch> },
): Promise<Part> {
  const codec = codecOf(header.codec)
  if (codec === null) {
    throw unreadable('codec', header, `it is compressed with codec ${header.codec}, unknown here`)
  }
  const key = partitionKey(header)
  const input = bytes.subarray(header.start, header.end)
  const before = records.length
  const continued = open.take(key)
  let batch = continued !== null && isSame(continued, header, wanted.from) ? continued : null
  if (batch !== continued) await close(continued)
  try {
    if (batch === null) {
      open.done(key)
      const inflated = codec.inflate(input, MAX_AT_ONCE_BYTES)
      if (inflated !== null) return readAtOnce(header, inflated, wanted, records)
      batch = begin(header, codec, input)
    }
    const part = await readOn(batch, wanted, records)
    if (part.isWhole) open.done(key)
    else open.put(key, batch)
    return part
  } catch (error) {
    await close(batch)
    open.done(key)
    // Of a large batch parts were handed on already: what was read before the damage is, too.
    const last = records.at(-1)
    if (batch !== null && records.length > before && last !== undefined) {
      return { isWhole: false, next: last.offset + 1, bytes: batch.heldBytes }
    }
    throw error instanceof UnreadableRecords ? error : undecodable(header, codec, error)
  }
}

function isSame(open: OpenBatch, header: BatchHeader, from: number): boolean {
  const { baseOffset, checksum } = open.header
  return baseOffset === header.baseOffset && checksum === header.checksum && open.next <= from
}

function undecodable(header: BatchHeader, { name }: Codec, cause: unknown): UnreadableRecords {
  const why = cause instanceof Error ? cause.message : String(cause)
  return unreadable('codec', header, `its bytes are not what ${name} writes: ${why}`, { cause })
}

function readAtOnce(
  header: BatchHeader,
  bytes: Buffer,
  { from }: Wanted,
  records: FetchedRecord[],
): Part {
  const { baseOffset } = header
  const range = { bytes, start: 0, end: bytes.length, isWhole: true }
  readRecords(header, range, { index: 0, next: baseOffset, from }, records)
  return { isWhole: true, next: header.next, bytes: bytes.length }
}

function begin(header: BatchHeader, codec: Codec, input: Buffer): OpenBatch {
  const pieces = codec.pieces(input)
  const { baseOffset: next } = header
  const memoryBytes = codec.windowBytes(input) + input.length
  const closePieces = async (): Promise<void> => void (await pieces.return().catch(() => {}))
  const position = { rest: NOTHING, dropBytes: 0, index: 0, next, heldBytes: 0 }
  return { header, pieces, memoryBytes, close: closePieces, ...position }
}

const NOTHING = Buffer.alloc(0)

async function readOn(batch: OpenBatch, wanted: Wanted, records: FetchedRecord[]): Promise<Part> {
  const { from, maxBytes } = wanted
  const before = records.length
  batch.heldBytes = 0
  for (let passedBytes = 0; passedBytes < MAX_PASSED_BYTES;) {
    const taken = records.length - before
    if (batch.heldBytes + taken * RECORD_OVERHEAD_BYTES >= maxBytes) break
    const { done, value: piece } = await batch.pieces.next()
    if (done === true) {
      finish(batch)
      return { isWhole: true, next: batch.header.next, bytes: batch.heldBytes }
    }
    readPiece(batch, piece, from, records)
    if (records.length - before > taken) batch.heldBytes += piece.length
    else passedBytes += piece.length
    await setImmediate() // the event loop is for others, too
  }
  return { isWhole: false, next: Math.max(from, batch.next), bytes: batch.heldBytes }
}

function readPiece(batch: OpenBatch, piece: Buffer, from: number, records: FetchedRecord[]): void {
  const dropped = Math.min(batch.dropBytes, piece.length)
  batch.dropBytes -= dropped
  const more = piece.subarray(dropped)
  const bytes = batch.rest.length === 0 ? more : Buffer.concat([batch.rest, more])
  const range = { bytes, start: 0, end: bytes.length, isWhole: false }
  const { index, next, at } = readRecords(batch.header, range, { ...batch, from }, records)
  Object.assign(batch, { index, next, rest: Buffer.from(bytes.subarray(at)) })
  if (batch.rest.length > MAX_RECORD_BYTES) cutLongRecord(batch, from, records)
}

/** The record is handed on without its end and its headers. */
function cutLongRecord(batch: OpenBatch, from: number, records: FetchedRecord[]): void {
  const { header, rest } = batch
  const cursor = { at: 0 }
  const recordEnd = readVarint(rest, cursor) + cursor.at
  const record = beginningOf(header, rest, { at: cursor.at, recordEnd })
  if (batch.index >= header.count || record.offset < batch.next || record.offset >= header.next) {
    throw unreadable('layout', header, `record ${batch.index} is not one of its ${header.count}`)
  }
  if (record.offset >= from) records.push(record)
  batch.index++
  batch.next = record.offset + 1
  batch.dropBytes = recordEnd - rest.length
  batch.rest = NOTHING
}

function finish({ header, index, rest, dropBytes }: OpenBatch): void {
  if (index === header.count && rest.length === 0 && dropBytes === 0) return
  throw unreadable('layout', header, `it has ${index} records, expected ${header.count}`)
}
