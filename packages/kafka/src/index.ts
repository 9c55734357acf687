export { describeAllOutOfRange, describeOutOfRange } from './lost-records.ts'
export { kafkaConfigFrom, type KafkaConfig } from './kafka-config.ts'
export { describeKafkaError, kafkaVerdict, type KafkaVerdict } from './kafka-errors.ts'
export type { KafkaCause } from './kafka-codes.ts'
export type { KafkaErrorClass } from './kafka-remedies.ts'
export {
  consumerGroupName,
  partitionCounts,
  topicNames,
  SIDE_TOPIC_PARTITIONS,
  type TopicNames,
} from './topics.ts'
export {
  SlabRecord,
  type OutgoingRecord,
  type ProduceFailure,
  type ProduceOutcome,
  type TopicPartition,
} from './records.ts'
export { isTooLarge } from './too-large.ts'
export type { ProduceTrouble } from './topic-troubles.ts'
export { createProducer, type Producer, type ProducerOptions } from './producer.ts'
export {
  createSchemaRegistry,
  registryConfigFrom,
  type RegistryConfig,
  type SchemaRegistry,
} from './schema-registry.ts'
export { SchemaRegistryError, type SchemaRegistryFailure } from './registry-error.ts'
export {
  createTopics,
  demandReplicas,
  prepareConsumerGroup,
  TopicsRefused,
  type TopicResult,
} from './admin.ts'
export {
  createOperator,
  type ForeignMember,
  type ForeignRecord,
  type Operator,
  type ProduceManner,
} from './operator.ts'
export type { TopicSettings } from './compare-topic.ts'
export { KafkaProblem } from './kafka-problem.ts'
export {
  onPromisedTopics,
  topicPromises,
  watchTopicPromises,
  type PromiseWatch,
  type TopicPromises,
} from './topic-promises.ts'
export { logName, readKafkaLogs, type KafkaLog } from './kafka-logs.ts'
export { readGroupOffsets, type GroupOffset } from './group-offsets.ts'
export { UnreadableRecords, type WhyUnreadable } from './unreadable-records.ts'
export { createConsumer, type ConsumerOptions } from './consumer.ts'
export { createMemoryBudget, type MemoryBudget } from './consumer-budget.ts'
export { partitionKey } from './consumer-offsets.ts'
export type {
  AssignedPosition,
  Backlog,
  Consumer,
  ConsumerEvent,
  FetchedRecord,
  FetchedRecords,
  RecordSizes,
  OutOfRange,
  PartitionOffset,
  Trouble,
} from './consumer-port.ts'
export { TROUBLE_CAUSES } from './consumer-port.ts'
export { createMemoryClock, type MemoryClock } from './memory-clock.ts'
export type { Gate, ProduceFate } from './memory-log.ts'
export {
  createMemoryKafka,
  type CommitFate,
  type MemoryConsumer,
  type MemoryFaults,
  type MemoryKafka,
} from './consumer-memory.ts'
export { CLICKHOUSE_RIGHTS, KAFKA_RIGHTS, type Right } from './rights.ts'
