export { eventAvroSchema, rejectedAvroSchema } from './avro/avro-schemas.ts'
export { FRAME_BYTES, readFrame, type Framed } from './avro/confluent-framing.ts'
export { createEventCodec } from './avro/event-encoder.ts'
export { RecordBuffer } from './avro/record-buffer.ts'
export { avroType } from './avro/record-layout.ts'
export { createRecordReader, type RecordReader } from './avro/record-reader.ts'
export type { FramedCodec } from './avro/framed-encoder.ts'
export {
  createRejectedCodec,
  cutToBytes,
  MAX_RAW_BYTES,
  type RejectedEvent,
  type Resolution,
} from './avro/rejected-encoder.ts'
export {
  createTranscoder,
  UNDECODABLE,
  type NativeBlock,
  type Transcoder,
  type Undecodable,
} from './clickhouse-native/native.ts'
export type { NativeSource } from './clickhouse-native/native-source.ts'
export { nativeBlockOf } from './clickhouse-native/native-columns.ts'
export {
  decodeSealKey,
  encodeSealKey,
  type SealKeyRecord,
  type UnreadableSealKey,
} from './seal-key/seal-key-record.ts'
export { isSameSchema } from './avro/same-schema.ts'
