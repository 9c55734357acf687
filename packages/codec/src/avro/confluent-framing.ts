/**
 * Confluent's wire format: a zero byte, the schema id as big-endian int32, then the Avro bytes.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export const FRAME_BYTES = 5

const MAGIC = 0

export interface Framed {
  readonly schemaId: number
  readonly avro: Buffer
}

/** Writes the frame's head; the Avro bytes follow at `FRAME_BYTES`. */
export function writeFrame(target: Buffer, schemaId: number, at = 0): void {
  target.writeUInt8(MAGIC, at)
  target.writeInt32BE(schemaId, at + 1)
}

/** @returns `null` when the bytes are not framed this way. */
export function readFrame(bytes: Buffer): Framed | null {
  if (bytes.length < FRAME_BYTES || bytes.readUInt8(0) !== MAGIC) return null
  return { schemaId: bytes.readInt32BE(1), avro: bytes.subarray(FRAME_BYTES) }
}
