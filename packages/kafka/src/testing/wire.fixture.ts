/** Reads what Kafka writes, field by field. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  take(length: number): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  int16(): number {
    return this.take(2).readInt16BE()
  }

  int32(): number {
    return this.take(4).readInt32BE()
  }

  text(): string {
    return this.take(Math.max(0, this.int16())).toString()
  }

  array<T>(read: () => T): readonly T[] {
    return Array.from({ length: this.int32() }, read)
  }
}

/** Writes what Kafka reads. */
export class Writer {
  readonly #parts: Buffer[] = []

  #number(length: number, write: (into: Buffer) => void): this {
    const into = Buffer.alloc(length)
    write(into)
    this.#parts.push(into)
    return this
  }

  int8(value: number): this {
    return this.#number(1, (into) => into.writeInt8(value))
  }

  int16(value: number): this {
    return this.#number(2, (into) => into.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#number(4, (into) => into.writeInt32BE(value))
  }

  int64(value: number): this {
    return this.#number(8, (into) => into.writeBigInt64BE(BigInt(value)))
  }

  text(value: string): this {
    this.int16(Buffer.byteLength(value))
    this.#parts.push(Buffer.from(value))
    return this
  }

  /** No text at all. */
  absent(): this {
    return this.int16(-1)
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    items.forEach(write)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
