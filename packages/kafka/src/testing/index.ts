export { createFakeClock, type FakeClock } from './fake-clock.ts'
export type { Gate, ProduceFate } from './fake-log.ts'
export {
  createFakeKafka,
  type CommitFate,
  type FakeConsumer,
  type FakeFaults,
  type FakeKafka,
} from './fake-kafka.ts'
export { compressorOf } from '../record-batch/compression/compressor.ts'
export { encodeRecords } from '../record-batch/record-batch.ts'
