import avro from 'avsc'
import { readFrame } from './confluent-framing.ts'

/** Reads framed records that were written with any schema the reader's is compatible with. */
export interface RecordReader<T> {
  /**
   * @param writerSchema the registry's schema with the id in the bytes.
   * @throws when the bytes are not framed, not a value of that schema, or the two do not fit.
   */
  read(bytes: Buffer, writerSchema: string): T
}

/** Makes an object per record: for looking at some records, not for the way of all of them. */
export function createRecordReader<T extends object>(readerSchema: string): RecordReader<T> {
  const reader = typeOf(readerSchema)
  const pairByWriter = new Map<
    string,
    { writer: avro.Type; resolver: ReturnType<avro.Type['createResolver']> }
  >()
  return {
    read: (bytes, writerSchema) => {
      const framed = readFrame(bytes)
      if (framed === null) throw new Error('not a framed Avro record: the first byte is not 0')
      let pair = pairByWriter.get(writerSchema)
      if (pair === undefined) {
        const writer = typeOf(writerSchema)
        pair = { writer, resolver: reader.createResolver(writer) }
        pairByWriter.set(writerSchema, pair)
      }
      // The schema decides the shape; the caller named it as T.
      return { ...reader.fromBuffer(framed.avro, pair.resolver) } as T
    },
  }
}

/** A parsing boundary: avsc checks the schema itself. */
function typeOf(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema)
}
