import type { FetchedRecord } from '../consumer/consumer-port.ts'

/** What the records of a batch, or of a piece of it, share. */
export interface RecordFrame {
  readonly partition: number
  readonly bytes: Buffer
  readonly firstTimestampMs: number
  /** When the broker stamps records itself, the time of all of them. */
  readonly appendedAtMs: number | null
}

/**
 * A record that is read from its bytes when it is looked at: of most only the place of the value is ever
 * needed. A class, because five fields and shared getters are what V8 makes and forgets fastest.
 */
export class RecordInPlace implements FetchedRecord {
  readonly #frame: RecordFrame
  readonly offset: number
  readonly #at: number
  readonly valueStart: number
  readonly valueEnd: number

  // Five arguments: an object of options would be a second object per record.
  constructor(
    frame: RecordFrame,
    offset: number,
    at: number,
    valueStart: number,
    valueEnd: number,
  ) {
    this.#frame = frame
    this.offset = offset
    this.#at = at
    this.valueStart = valueStart
    this.valueEnd = valueEnd
  }

  get partition(): number {
    return this.#frame.partition
  }

  get within(): Buffer {
    return this.#frame.bytes
  }

  get value(): Buffer | null {
    return this.valueEnd < 0 ? null : this.within.subarray(this.valueStart, this.valueEnd)
  }

  get key(): Buffer | null {
    const cursor = { at: this.#at + 1 }
    skipVarint(this.within, cursor)
    skipVarint(this.within, cursor)
    return readBytes(this.within, cursor)
  }

  get timestampMs(): number {
    const { appendedAtMs, firstTimestampMs } = this.#frame
    return appendedAtMs ?? firstTimestampMs + readVarlong(this.within, { at: this.#at + 1 })
  }

  /** The last of a repeated header counts, as for most clients; a null value is empty bytes. */
  get headers(): FetchedRecord['headers'] {
    const cursor = { at: Math.max(this.valueStart, this.valueEnd) }
    const count = readVarint(this.within, cursor)
    if (count <= 0) return NO_HEADERS
    const entries: [string, Buffer][] = []
    for (let index = 0; index < count; index++) {
      const name = readBytes(this.within, cursor)?.toString('utf8') ?? ''
      entries.push([name, readBytes(this.within, cursor) ?? NO_BYTES])
    }
    return Object.fromEntries(entries)
  }
}

const NO_HEADERS: FetchedRecord['headers'] = {}
const NO_BYTES = Buffer.alloc(0)

export interface Cursor {
  at: number
}

function readBytes(bytes: Buffer, cursor: Cursor): Buffer | null {
  const length = readVarint(bytes, cursor)
  if (length < 0) return null
  cursor.at += length
  return bytes.subarray(cursor.at - length, cursor.at)
}

/** A zigzag integer of 32 bits; bytes that are not there read as 0, the caller checks where it ended. */
export function readVarint(bytes: Buffer, cursor: Cursor): number {
  let byte = bytes[cursor.at++] ?? 0
  let value = byte & 0x7f
  for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
    byte = bytes[cursor.at++] ?? 0
    value |= (byte & 0x7f) << shift
  }
  return (value >>> 1) ^ -(value & 1)
}

export function skipVarint(bytes: Buffer, cursor: Cursor): void {
  while ((bytes[cursor.at++] ?? 0) > 0x7f);
}

/** A zigzag integer, exact below 2^53, as times are. */
export function readVarlong(bytes: Buffer, cursor: Cursor): number {
  let value = 0
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[cursor.at++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Exact below 2^53, as offsets and times are. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_00_00_00_00 + bytes.readUInt32BE(at + 4)
}
