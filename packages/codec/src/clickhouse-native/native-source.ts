/** A record of Kafka: Confluent framing, that is byte 0, the schema's id in 4 bytes, an Avro datum. */
export interface NativeSource {
  readonly partition: number
  readonly offset: number
  readonly value: Buffer | null
  /**
   * Where the value lies, when it lies within other bytes: looked at instead of `value`, of which each look
   * makes a Buffer. No value: it ends at -1.
   */
  readonly within?: Buffer
  readonly valueStart?: number
  readonly valueEnd?: number
}

const FRAME_BYTES = 5

/** Bytes in which the value lies; `null`: a tombstone. */
export function valueBytes(source: NativeSource): Buffer | null {
  const { within, valueEnd } = source
  if (within === undefined) return source.value
  return valueEnd === -1 ? null : within
}

/** Where the Avro datum begins within `valueBytes`. */
export function datumStart(source: NativeSource): number {
  return (source.valueStart ?? 0) + FRAME_BYTES
}

/** The id of the writer's schema; `null`: the value is not framed. */
export function schemaIdOf(source: NativeSource, bytes: Buffer): number | null {
  const start = source.valueStart ?? 0
  if (valueEndOf(source, bytes) - start < FRAME_BYTES || bytes[start] !== 0) return null
  return bytes.readUInt32BE(start + 1)
}

export function valueEndOf(source: NativeSource, bytes: Buffer): number {
  return source.valueEnd ?? bytes.length
}
