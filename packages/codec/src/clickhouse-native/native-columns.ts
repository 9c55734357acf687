/** Values of one column by type; the few types that a dead letter needs. */
export type NativeColumn = { readonly name: string } & (
  | { readonly type: 'String'; readonly values: readonly (string | Buffer)[] }
  | { readonly type: 'Nullable(String)'; readonly values: readonly (Buffer | null)[] }
  | { readonly type: 'UInt32'; readonly values: readonly number[] }
  | { readonly type: 'UInt64'; readonly values: readonly (number | bigint)[] }
  /** Milliseconds since 1970. */
  | { readonly type: "DateTime64(3, 'UTC')"; readonly values: readonly number[] }
  | {
      readonly type: 'Map(String, String)'
      readonly values: readonly (readonly (readonly [string, string | Buffer])[])[]
    }
)

/**
 * A Native block from columns of values, for rows that are few: clear rather than fast.
 * Binary, because keys and values of dead letters are arbitrary bytes, which no text format carries.
 */
export function nativeBlockOf(columns: readonly NativeColumn[]): Buffer {
  const rows = columns[0]?.values.length ?? 0
  return Buffer.concat([
    unsigned(columns.length),
    unsigned(rows),
    ...columns.flatMap((column) => [sized(column.name), sized(column.type), ...data(column)]),
  ])
}

function data(column: NativeColumn): readonly Buffer[] {
  switch (column.type) {
    case 'String':
      return column.values.map(sized)
    case 'Nullable(String)': {
      const isNull = Buffer.from(column.values.map((value) => (value === null ? 1 : 0)))
      return [isNull, ...column.values.map((value) => sized(value ?? ''))]
    }
    case 'UInt32':
      return column.values.map(uint32)
    case 'UInt64':
      return column.values.map(uint64)
    case "DateTime64(3, 'UTC')":
      return column.values.map(int64)
    case 'Map(String, String)': {
      // An array of pairs: where each row's pairs end, then all keys, then all values.
      let end = 0
      const ends = column.values.map((pairs) => int64((end += pairs.length)))
      const pairs = column.values.flat()
      return [
        ...ends,
        ...pairs.map(([key]) => sized(key)),
        ...pairs.map(([, value]) => sized(value)),
      ]
    }
  }
}

function sized(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([unsigned(bytes.length), bytes])
}

function unsigned(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return bytes
}
