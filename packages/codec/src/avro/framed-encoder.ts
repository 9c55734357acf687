import avro from 'avsc'
import { FRAME_BYTES, readFrame, writeFrame } from './confluent-framing.ts'

/** A value as a framed record and back. */
export interface FramedCodec<T> {
  /** @param schemaId the registry's id of the schema this codec was made with. */
  encode(value: T, schemaId: number): Buffer
  /** @throws when the bytes are not framed, or not a value of this schema. */
  decode(bytes: Buffer): { readonly schemaId: number; readonly value: T }
}

/** A codec for records of one Avro schema. */
export function createFramedCodec<T extends object>(schemaText: string): FramedCodec<T> {
  // A parsing boundary: avsc checks the schema itself.
  const type = avro.Type.forSchema(JSON.parse(schemaText) as avro.Schema)

  return {
    encode: (value, schemaId) => {
      const encoded = type.toBuffer(value)
      const framed = Buffer.allocUnsafe(FRAME_BYTES + encoded.length)
      writeFrame(framed, schemaId)
      encoded.copy(framed, FRAME_BYTES)
      return framed
    },
    decode: (bytes) => {
      const framed = readFrame(bytes)
      if (framed === null) throw new Error('not a framed Avro record: the first byte is not 0')
      // The schema decides the shape; the caller named it as T.
      return { schemaId: framed.schemaId, value: { ...type.fromBuffer(framed.avro) } as T }
    },
  }
}
