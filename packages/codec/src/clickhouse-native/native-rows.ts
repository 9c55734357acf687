import { copyBytes, wordsOf, type Words } from './native-copy.ts'
import { FIXED_BYTES, readInteger, readLength, writeLength, type Cursor } from './native-datum.ts'
import {
  bodyBytes,
  columnBytes,
  PARTITION_BYTES,
  unsigned,
  VERSION_BYTES,
  type Layout,
} from './native-layout.ts'
import type { AvroKind, WalkPlan } from './native-schema.ts'
import { datumStart, valueBytes, type NativeSource } from './native-source.ts'

/** Records that were measured and found to be whole, each with how it is to be read. */
export interface MeasuredRows {
  readonly sources: readonly NativeSource[]
  readonly plans: readonly WalkPlan[]
  /** Of the log that all of them lie in. */
  readonly generation: number
  /** Bytes that the strings of each column take. */
  readonly stringBytes: Float64Array
}

/** Where the next value and the next null flag of a column go. */
interface Place {
  data: number
  nulls: number
}

/** Writes measured rows into one buffer of exactly the right size. */
export function writeRows(
  { sources, plans, generation, stringBytes }: MeasuredRows,
  layout: Layout,
  timeColumn: number,
): { readonly block: Buffer; readonly time: { readonly minMs: number; readonly maxMs: number } } {
  const rows = sources.length
  const start = Buffer.concat([unsigned(layout.names.length), unsigned(rows)])
  const block = wordsOf(Buffer.allocUnsafe(start.length + bodyBytes(layout, rows, stringBytes)))
  let at = start.copy(block.bytes, 0)
  const places = layout.columns.map((column, index): Place => {
    at += column.header.copy(block.bytes, at)
    const nulls = at
    if (column.isNullable) at += rows
    const data = at
    at += columnBytes(column, rows, stringBytes[index] ?? 0)
    return { data, nulls }
  })
  at += layout.partitionHeader.copy(block.bytes, at)
  const partitionsAt = at
  at += rows * PARTITION_BYTES
  const versionsAt = at + layout.versionHeader.copy(block.bytes, at)
  const highest = generation * GENERATION_UNIT

  const cursor: Cursor = { at: 0, lo: 0, hi: 0 }
  let data = wordsOf(Buffer.alloc(0))
  let minMs = Infinity
  let maxMs = -Infinity
  for (let index = 0; index < rows; index++) {
    const source = sources[index]
    const plan = plans[index]
    const bytes = source === undefined ? null : valueBytes(source)
    if (source === undefined || plan === undefined || bytes === null) continue // none is measured as whole
    // Records of one fetch lie in one buffer: a view of it serves them all.
    if (bytes !== data.bytes) data = wordsOf(bytes)
    cursor.at = datumStart(source)
    const time = writeDatum(block, data, { plan, layout, places, cursor, timeColumn })
    if (time < minMs) minMs = time
    if (time > maxMs) maxMs = time
    block.view.setUint32(partitionsAt + index * PARTITION_BYTES, source.partition, true)
    writeVersion(block.view, versionsAt + index * VERSION_BYTES, highest, source.offset)
  }
  return { block: block.bytes, time: { minMs, maxMs } }
}

interface Walk {
  readonly plan: WalkPlan
  readonly layout: Layout
  readonly places: readonly Place[]
  readonly cursor: Cursor
  readonly timeColumn: number
}

/** @returns the value of the time column. */
function writeDatum(block: Words, data: Words, walk: Walk): number {
  const { plan, layout, places, cursor, timeColumn } = walk
  let time = 0
  for (const { kind, nullBranch, column: index } of plan.steps) {
    const isNull = nullBranch !== -1 && (data.bytes[cursor.at++] ?? 0) >> 1 === nullBranch
    const place = places[index]
    const column = layout.columns[index]
    if (place === undefined || column === undefined) {
      if (!isNull) passOver(data.bytes, kind, cursor)
      continue
    }
    if (column.isNullable) block.bytes[place.nulls++] = isNull ? 1 : 0
    if (isNull) writeZero(block.bytes, kind, place)
    else if (kind === 'string') writeString(block, data, cursor, place)
    else writeFixed(block, data, kind, cursor, place)
    if (index === timeColumn) time = cursor.hi * 0x1_00_00_00_00 + (cursor.lo >>> 0)
  }
  for (const index of plan.absent) {
    const place = places[index]
    const column = layout.columns[index]
    if (place === undefined || column === undefined) continue
    if (column.isNullable) block.bytes[place.nulls++] = 1
    writeZero(block.bytes, column.kind, place)
  }
  return time
}

function passOver(data: Buffer, kind: AvroKind, cursor: Cursor): void {
  if (kind === 'string') {
    const length = readLength(data, cursor) // it moves the cursor itself, so not within `+=`
    cursor.at += length
  } else if (kind === 'long' || kind === 'int') readInteger(data, cursor)
  else cursor.at += FIXED_BYTES[kind]
}

function writeZero(block: Buffer, kind: AvroKind, place: Place): void {
  const bytes = kind === 'string' ? 1 : FIXED_BYTES[kind]
  for (let i = 0; i < bytes; i++) block[place.data++] = 0
}

function writeString(block: Words, data: Words, cursor: Cursor, place: Place): void {
  const length = readLength(data.bytes, cursor)
  const at = writeLength(block.bytes, place.data, length)
  copyBytes(data, cursor.at, length, block, at)
  cursor.at += length
  place.data = at + length
}

function writeFixed(
  block: Words,
  data: Words,
  kind: Exclude<AvroKind, 'string'>,
  cursor: Cursor,
  place: Place,
): void {
  if (kind === 'long' || kind === 'int') {
    readInteger(data.bytes, cursor)
    block.view.setInt32(place.data, cursor.lo, true)
    if (kind === 'long') block.view.setInt32(place.data + 4, cursor.hi, true)
  } else {
    copyBytes(data, cursor.at, FIXED_BYTES[kind], block, place.data)
    cursor.at += FIXED_BYTES[kind]
  }
  place.data += FIXED_BYTES[kind]
}

/** Where the generation begins in the upper half of a version: above 48 bits of offset. */
const GENERATION_UNIT = 0x1_00_00

function writeVersion(view: DataView, at: number, highest: number, offset: number): void {
  const high = Math.floor(offset / 0x1_00_00_00_00)
  view.setUint32(at, offset - high * 0x1_00_00_00_00, true)
  view.setUint32(at + 4, highest + high, true)
}
