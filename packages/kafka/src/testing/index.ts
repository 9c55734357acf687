export { createMemoryClock, type MemoryClock } from './memory-clock.ts'
export type { Gate, ProduceFate } from './memory-log.ts'
export {
  createMemoryKafka,
  type CommitFate,
  type MemoryConsumer,
  type MemoryFaults,
  type MemoryKafka,
} from './consumer-memory.ts'
