import {
  FIXED_BYTES,
  readBranch,
  readInteger,
  readLength,
  writeLength,
  type Cursor,
} from './native-datum.ts'
import {
  bodyBytes,
  columnBytes,
  OFFSET_BYTES,
  PARTITION_BYTES,
  unsigned,
  type Layout,
} from './native-layout.ts'
import type { AvroKind, WalkPlan } from './native-schema.ts'

/** A record that was measured and found to be whole. */
export interface Row {
  readonly source: {
    readonly partition: number
    readonly offset: number
    readonly value: Buffer | null
  }
  readonly plan: WalkPlan
}

const HEADER_BYTES = 5

/** Where the next value and the next null flag of a column go. */
interface ColumnCursor {
  data: number
  nulls: number
}

/** Writes measured rows into one buffer of exactly the right size. */
export function writeRows(job: {
  readonly rows: readonly Row[]
  readonly layout: Layout
  readonly stringBytes: Float64Array
  readonly timeColumn: number
}): { readonly block: Buffer; readonly time: { readonly minMs: number; readonly maxMs: number } } {
  const { rows, layout, timeColumn } = job
  const start = Buffer.concat([unsigned(layout.names.length), unsigned(rows.length)])
  const block = Buffer.allocUnsafe(start.length + bodyBytes(layout, rows.length, job.stringBytes))
  let at = start.copy(block, 0)
  const cursors: ColumnCursor[] = layout.columns.map((column, index) => {
    at += column.header.copy(block, at)
    const nulls = at
    if (column.isNullable) at += rows.length
    const data = at
    at += columnBytes(column, rows.length, job.stringBytes[index] ?? 0)
    return { data, nulls }
  })
  at += layout.partitionHeader.copy(block, at)
  const partitionsAt = at
  const offsetsAt =
    at +
    rows.length * PARTITION_BYTES +
    layout.offsetHeader.copy(block, at + rows.length * PARTITION_BYTES)

  const cursor: Cursor = { at: 0, lo: 0, hi: 0 }
  let minMs = Infinity
  let maxMs = -Infinity
  let index = 0
  for (const { source, plan } of rows) {
    if (source.value === null) continue // a tombstone is never measured as whole
    const time = writeDatum({
      block,
      data: source.value,
      plan,
      layout,
      cursors,
      cursor,
      timeColumn,
    })
    if (time < minMs) minMs = time
    if (time > maxMs) maxMs = time
    writeInt32(block, source.partition, partitionsAt + index * PARTITION_BYTES)
    writeOffset(block, source.offset, offsetsAt + index * OFFSET_BYTES)
    index++
  }
  return { block, time: { minMs, maxMs } }
}

/** @returns the value of the time column. */
function writeDatum(job: {
  readonly block: Buffer
  readonly data: Buffer
  readonly plan: WalkPlan
  readonly layout: Layout
  readonly cursors: readonly ColumnCursor[]
  readonly cursor: Cursor
  readonly timeColumn: number
}): number {
  const { block, data, plan, layout, cursors, cursor, timeColumn } = job
  let time = 0
  cursor.at = HEADER_BYTES
  for (const step of plan.steps) {
    const { kind, column: index } = step
    const isNull = readBranch(data, step, cursor) === 'null'
    const place = cursors[index]
    const column = layout.columns[index]
    if (place === undefined || column === undefined) {
      if (!isNull) passOver(data, kind, cursor)
      continue
    }
    if (column.isNullable) block[place.nulls++] = isNull ? 1 : 0
    if (isNull) writeZero(block, kind, place)
    else writeValue(block, data, kind, cursor, place)
    if (index === timeColumn) time = cursor.hi * 0x1_00_00_00_00 + (cursor.lo >>> 0)
  }
  for (const index of plan.absent) {
    const place = cursors[index]
    const column = layout.columns[index]
    if (place === undefined || column === undefined) continue
    if (column.isNullable) block[place.nulls++] = 1
    writeZero(block, column.kind, place)
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

function writeZero(block: Buffer, kind: AvroKind, place: ColumnCursor): void {
  const bytes = kind === 'string' ? 1 : FIXED_BYTES[kind]
  for (let i = 0; i < bytes; i++) block[place.data++] = 0
}

/** Below this many bytes a loop is faster than a call into the runtime. */
const COPY_LOOP_BYTES = 48

function writeValue(
  block: Buffer,
  data: Buffer,
  kind: AvroKind,
  cursor: Cursor,
  place: ColumnCursor,
): void {
  let at = place.data
  if (kind === 'string') {
    const length = readLength(data, cursor)
    const from = cursor.at
    at = writeLength(block, at, length)
    if (length < COPY_LOOP_BYTES) {
      for (let i = 0; i < length; i++) block[at + i] = data[from + i] ?? 0
    } else data.copy(block, at, from, from + length)
    cursor.at = from + length
    place.data = at + length
    return
  }
  if (kind === 'long' || kind === 'int') {
    readInteger(data, cursor)
    writeInt32(block, cursor.lo, at)
    if (kind === 'long') writeInt32(block, cursor.hi, at + 4)
  } else {
    data.copy(block, at, cursor.at, cursor.at + FIXED_BYTES[kind])
    cursor.at += FIXED_BYTES[kind]
  }
  place.data = at + FIXED_BYTES[kind]
}

function writeOffset(block: Buffer, offset: number, at: number): void {
  writeInt32(block, offset % 0x1_00_00_00_00, at)
  writeInt32(block, Math.floor(offset / 0x1_00_00_00_00), at + 4)
}

/** Buffer's own writers check their arguments, which costs more than the writing. */
function writeInt32(block: Buffer, value: number, at: number): void {
  block[at] = value
  block[at + 1] = value >>> 8
  block[at + 2] = value >>> 16
  block[at + 3] = value >>> 24
}
