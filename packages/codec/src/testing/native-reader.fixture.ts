/** Reads a Native block for tests, straight from the format's description and apart from the writer. */
export function readNative(block: Buffer): Record<string, unknown>[] {
  let at = 0
  const unsigned = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = block.readUInt8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const text = (): string => {
    const length = unsigned()
    at += length
    if (at > block.length) throw new RangeError('a string reaches past the block')
    return block.toString('utf8', at - length, at)
  }
  const fixed = <T>(bytes: number, read: (offset: number) => T): T => {
    at += bytes
    return read(at - bytes)
  }
  const value = (type: string): unknown => {
    switch (type) {
      case 'String':
        return text()
      case "DateTime64(3, 'UTC')":
      case 'Int64':
        return Number(fixed(8, (offset) => block.readBigInt64LE(offset)))
      case 'UInt64':
        return Number(fixed(8, (offset) => block.readBigUInt64LE(offset)))
      case 'Int32':
        return fixed(4, (offset) => block.readInt32LE(offset))
      case 'UInt32':
        return fixed(4, (offset) => block.readUInt32LE(offset))
      case 'Bool':
        return fixed(1, (offset) => block.readUInt8(offset)) === 1
      case 'Float64':
        return fixed(8, (offset) => block.readDoubleLE(offset))
      default:
        throw new TypeError(`no reader for ${type}`)
    }
  }
  /** Where the pairs of each row end, then all keys, then all values. */
  const readMaps = (of: readonly Record<string, unknown>[], name: string): void => {
    const ends = of.map(() => Number(fixed(8, (offset) => block.readBigUInt64LE(offset))))
    const pairs = Array.from({ length: ends.at(-1) ?? 0 }, () => [text(), ''])
    for (const pair of pairs) pair[1] = text()
    for (const [index, row] of of.entries()) {
      row[name] = Object.fromEntries(pairs.slice(ends[index - 1] ?? 0, ends[index]))
    }
  }
  const columns = unsigned()
  const rows = Array.from({ length: unsigned() }, (): Record<string, unknown> => ({}))
  for (let column = 0; column < columns; column++) {
    const name = text()
    const type = text()
    if (type === 'Map(String, String)') {
      readMaps(rows, name)
      continue
    }
    const inner = /^Nullable\((.*)\)$/.exec(type)?.[1]
    const isNull = rows.map(() => inner !== undefined && block.readUInt8(at++) === 1)
    for (const [index, row] of rows.entries()) {
      const read = value(inner ?? type)
      row[name] = isNull[index] === true ? null : read
    }
  }
  if (at !== block.length) throw new RangeError(`${block.length - at} bytes are left over`)
  return rows
}
