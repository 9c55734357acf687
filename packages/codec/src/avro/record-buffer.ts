import {
  accountSlot,
  carriedParts,
  copiedBytes,
  type FastEvent,
  murmur2Range,
  slotEnd,
  slotStart,
  type FastInput,
} from '@custom-events/event'
import { FRAME_BYTES, writeFrame } from './confluent-framing.ts'
import { BYTES_BESIDE_TEXTS, RECORD_LAYOUT } from './record-layout.ts'

/**
 * Copies byte ranges of a body behind one another into one piece of memory for all events of the
 * request. Equal byte for byte to what avsc, the reference, makes of their texts: see
 * services/ingest/src/track/fast-path.test.ts.
 */
export class RecordBuffer implements Writer {
  readonly buffer: Buffer
  readonly #schemaId: number
  readonly #source: Buffer
  /** Where its piece of the buffer ends. */
  readonly #limit: number
  at: number
  /** Where the record written last lies: a record of schemas/event.avsc, framed. */
  start = 0
  end = 0
  /** The bytes of its `group_id`, its key, within it. */
  keyStart = 0
  keyEnd = 0

  /** @param events all that will be written, and perhaps more. */
  constructor(
    events: Iterable<FastEvent>,
    { schemaId, source }: { readonly schemaId: number; readonly source: string },
  ) {
    this.#schemaId = schemaId
    this.#source = bytesOfSource(source)
    const { buffer, start, end } = takePiece(bytesNeeded(events, this.#source.length))
    this.buffer = buffer
    this.at = start
    this.#limit = end
  }

  /** @throws when it was not told of this event. */
  write(event: FastEvent): void {
    this.start = this.at
    writeFrame(this.buffer, this.#schemaId, this.start)
    this.at += FRAME_BYTES
    writeFields(this, event, this.#source)
    this.keyStart = this.keyEnd - accountBytes(event.input)
    this.end = this.at
    // Bytes written behind the end are another's, or lost without an error.
    if (this.at > this.#limit) throw new Error('the record buffer is too small for its events')
  }

  /** murmur2 of the key. */
  get hash(): number {
    return murmur2Range(this.buffer, this.keyStart, this.keyEnd)
  }
}

/**
 * Requests of few events take pieces of one buffer. A buffer for each costs more than writing an event. It
 * lives as long as the last of its records.
 */
const POOL_BYTES = 64 * 1_024
const MAX_PIECE_BYTES = 8 * 1_024
const pool = { buffer: Buffer.alloc(0), used: 0 }

function takePiece(bytes: number) {
  if (bytes > MAX_PIECE_BYTES) return { buffer: Buffer.allocUnsafe(bytes), start: 0, end: bytes }
  if (pool.used + bytes > pool.buffer.length) {
    pool.buffer = Buffer.allocUnsafeSlow(POOL_BYTES)
    pool.used = 0
  }
  const start = pool.used
  pool.used += bytes
  return { buffer: pool.buffer, start, end: pool.used }
}

/** Most requests have the write key of the one before. */
let lastSource = { text: '', bytes: Buffer.alloc(0) }

function bytesOfSource(text: string): Buffer {
  if (text !== lastSource.text) lastSource = { text, bytes: Buffer.from(text, 'utf8') }
  return lastSource.bytes
}

function bytesNeeded(events: Iterable<FastEvent>, sourceBytes: number): number {
  let bytes = 0
  for (const { input } of events) {
    bytes += input.end - input.start + copiedBytes(input) + BYTES_BESIDE_TEXTS + sourceBytes
  }
  return bytes
}

interface Writer {
  readonly buffer: Buffer
  at: number
}

/** Every field, in its place. */
function writeFields(writer: RecordBuffer, event: FastEvent, source: Buffer): void {
  const { input } = event
  for (const { manner, slot } of RECORD_LAYOUT) {
    switch (manner) {
      case 'text':
        writeSlot(writer, input, slot)
        break
      case 'optional_text':
        writeOptional(writer, input, slot)
        break
      case 'account':
        writeSlot(writer, input, accountSlot(input))
        writer.keyEnd = writer.at
        break
      case 'event_id':
        writeEventId(writer, event, slot)
        break
      case 'timestamp':
        writeLong(writer, event.timestamp)
        break
      case 'sent_at':
        writeOptionalLong(writer, event.sent_at)
        break
      case 'clock':
        writeLong(writer, event.received_at)
        break
      case 'object':
        writeOpen(writer, input, slot)
        break
      case 'unknown_fields':
        writeExtra(writer, input)
        break
      case 'key_name':
        writeRange(writer, source, 0, source.length)
        break
      default:
        manner satisfies never // what is left out here would shift every field behind it
    }
  }
}

function writeEventId(writer: Writer, event: FastEvent, slot: number): void {
  if (slotStart(event.input, slot) === -1) writeMadeId(writer, event.event_id)
  else writeSlot(writer, event.input, slot)
}

function accountBytes(input: FastInput): number {
  const slot = accountSlot(input)
  return slotEnd(input, slot) - slotStart(input, slot)
}

function writeOptionalLong(writer: Writer, value: number | null): void {
  writeByte(writer, value === null ? NULL_BRANCH : VALUE_BRANCH)
  if (value !== null) writeLong(writer, value)
}

/** What SDKs carry along, as an object; nearly always nothing. */
function writeExtra(writer: Writer, input: FastInput): void {
  const parts = carriedParts(input)
  if (parts.length === 0) return writeRange(writer, EMPTY_OBJECT, 0, EMPTY_OBJECT.length)
  let length = 1 + parts.length // brackets, and a comma between two
  for (const { key, start, end } of parts) length += key.length + end - start
  writeLong(writer, length)
  for (const [index, { key, start, end }] of parts.entries()) {
    writeByte(writer, index === 0 ? OPEN_OBJECT : COMMA)
    copyRange(writer, key, 0, key.length)
    copyRange(writer, input.body.ranges.bytes, start, end)
  }
  writeByte(writer, CLOSE_OBJECT)
}

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COMMA = 0x2c

const EMPTY_OBJECT = Buffer.from('{}')
/** Indexes of a union's branches, as Avro writes the numbers 0 and 1. */
const NULL_BRANCH = 0
const VALUE_BRANCH = 2

function writeOptional(writer: Writer, input: FastInput, slot: number): void {
  const isSent = slotStart(input, slot) !== -1
  writeByte(writer, isSent ? VALUE_BRANCH : NULL_BRANCH)
  if (isSent) writeSlot(writer, input, slot)
}

function writeOpen(writer: Writer, input: FastInput, slot: number): void {
  if (slotStart(input, slot) === -1) writeRange(writer, EMPTY_OBJECT, 0, EMPTY_OBJECT.length)
  else writeSlot(writer, input, slot)
}

function writeSlot(writer: Writer, input: FastInput, slot: number): void {
  writeRange(writer, input.body.ranges.bytes, slotStart(input, slot), slotEnd(input, slot))
}

/** Calling into C++ takes as long as copying so many bytes here. */
const MAX_BYTES_COPIED_HERE = 48

function writeRange(writer: Writer, source: Buffer, start: number, end: number): void {
  writeLong(writer, end - start)
  copyRange(writer, source, start, end)
}

function copyRange(writer: Writer, source: Buffer, start: number, end: number): void {
  const { buffer, at } = writer
  if (end - start > MAX_BYTES_COPIED_HERE) source.copy(buffer, at, start, end)
  else
    for (let index = start; index < end; index += 1) buffer[at + index - start] = source[index] ?? 0
  writer.at = at + end - start
}

/** An id of ours: ASCII. */
function writeMadeId(writer: Writer, id: string): void {
  writeLong(writer, id.length)
  writer.at += writer.buffer.write(id, writer.at, 'latin1')
}

function writeByte(writer: Writer, byte: number): void {
  writer.buffer[writer.at] = byte
  writer.at += 1
}

/** Avro's zigzag and base 128, for whole numbers from 0 to 2^52: their double is exact. */
function writeLong(writer: Writer, value: number): void {
  const { buffer } = writer
  let { at } = writer
  let rest = value * 2
  while (rest >= 0x80) {
    buffer[at] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
    at += 1
  }
  buffer[at] = rest
  writer.at = at + 1
}
