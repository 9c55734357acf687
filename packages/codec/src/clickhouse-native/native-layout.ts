import { FIXED_BYTES, lengthBytes, writeLength } from './native-datum.ts'
import type { AvroField, AvroKind } from './native-schema.ts'

/** A column of a block. */
export interface Column {
  /** Name and type, as they precede a column's data in a block. */
  readonly header: Buffer
  readonly kind: AvroKind
  readonly isNullable: boolean
}

/** Which columns a block has, and how each begins. */
export interface Layout {
  readonly names: readonly string[]
  readonly columns: readonly Column[]
  readonly partitionHeader: Buffer
  readonly versionHeader: Buffer
}

export const PARTITION_BYTES = 4
export const VERSION_BYTES = 8

/**
 * The form of a block; https://clickhouse.com/docs/interfaces/formats/Native. Per column: name, type,
 * then for Nullable one byte per row (1 is NULL), then the values; a string states its length first.
 */
export function columnLayout(
  reader: readonly AvroField[],
  columnByField: Readonly<Record<string, string>>,
): Layout {
  const columnOf = (field: string): string => columnByField[field] ?? field
  return {
    names: [...reader.map(({ name }) => columnOf(name)), 'kafka_partition', 'version'],
    columns: reader.map(({ name, type, kind, nullBranch }) => {
      const isNullable = nullBranch !== -1
      return {
        header: columnHeader(columnOf(name), isNullable ? `Nullable(${type})` : type),
        kind,
        isNullable,
      }
    }),
    partitionHeader: columnHeader('kafka_partition', 'UInt32'),
    versionHeader: columnHeader('version', 'UInt64'),
  }
}

function columnHeader(name: string, type: string): Buffer {
  return Buffer.concat([sizedText(name), sizedText(type)])
}

function sizedText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([unsigned(bytes.length), bytes])
}

/** A number as unsigned LEB128. */
export function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes(value))
  writeLength(bytes, 0, value)
  return bytes
}

/** Bytes of a block after its counts of columns and rows. */
export function bodyBytes(layout: Layout, rows: number, stringBytes: Float64Array): number {
  let bytes = layout.partitionHeader.length + layout.versionHeader.length
  bytes += rows * (PARTITION_BYTES + VERSION_BYTES)
  for (const [index, column] of layout.columns.entries()) {
    bytes += column.header.length + (column.isNullable ? rows : 0)
    bytes += columnBytes(column, rows, stringBytes[index] ?? 0)
  }
  return bytes
}

/** Bytes of a column's values, without its null flags. */
export function columnBytes(column: Column, rows: number, stringBytes: number): number {
  return column.kind === 'string' ? stringBytes : rows * FIXED_BYTES[column.kind]
}
