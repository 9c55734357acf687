export { eventAvroSchema, rejectedAvroSchema } from './avro-schemas.ts'
export { FRAME_BYTES, readFrame, type Framed } from './confluent-framing.ts'
export { createEventCodec } from './event-encoder.ts'
export { EventSlab } from './event-slab.ts'
export { createRecordReader, type RecordReader } from './record-reader.ts'
export type { FramedCodec } from './framed-encoder.ts'
export {
  createRejectedCodec,
  cutToBytes,
  MAX_RAW_BYTES,
  type RejectedEvent,
  type Resolution,
} from './rejected-encoder.ts'
export {
  createTranscoder,
  UNDECODABLE,
  type NativeBlock,
  type Transcoder,
  type Undecodable,
} from './native.ts'
export type { NativeSource } from './native-source.ts'
export { nativeBlockOf } from './native-columns.ts'
export { isSameSchema } from './same-schema.ts'
