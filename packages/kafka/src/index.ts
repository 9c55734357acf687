export { describeAllOutOfRange, describeOutOfRange } from './fetch/lost-records.ts'
export { kafkaConfigFrom, type KafkaConfig } from './kafkajs/kafka-config.ts'
export { describeKafkaError, kafkaVerdict, type KafkaVerdict } from './errors/kafka-errors.ts'
export type { KafkaCause } from './errors/kafka-codes.ts'
export type { KafkaErrorClass } from './errors/kafka-remedies.ts'
export {
  consumerGroupName,
  erasedTopic,
  partitionCounts,
  topicNames,
  sideTopicPartitions,
  type TopicNames,
} from './topics/topics.ts'
export {
  groupOfShard,
  groupsOfShards,
  readByShard,
  shardOfPartition,
  type Shard,
} from './shards/shards.ts'
export {
  BufferedRecord,
  type OutgoingRecord,
  type ProduceFailure,
  type ProduceOutcome,
  type TopicPartition,
} from './records.ts'
export type { OnSent } from './producer/produce-link.ts'
export { isTooLarge } from './producer/too-large.ts'
export type { ProduceTrouble } from './topics/topic-troubles.ts'
export type { Compression } from './record-batch/compression/compressor.ts'
export { createProducer, type Producer, type ProducerOptions } from './producer/producer.ts'
export {
  createSchemaRegistry,
  registryConfigFrom,
  type RegistryConfig,
  type SchemaRegistry,
} from './registry/schema-registry.ts'
export { SchemaRegistryError, type SchemaRegistryFailure } from './registry/registry-error.ts'
export {
  createTopics,
  demandReplicas,
  prepareConsumerGroup,
  TopicsRefused,
  type TopicResult,
} from './admin/admin.ts'
export {
  createOperator,
  type ForeignMember,
  type ForeignRecord,
  type Operator,
  type ProduceManner,
} from './admin/operator.ts'
export {
  closeSegments,
  deleteRecordsBefore,
  KEYS_TOPIC_SETTINGS,
  type ClosedSegments,
} from './admin/delete-settled.ts'
export type { TopicSettings } from './admin/topic-finding.ts'
export { KafkaProblem } from './errors/kafka-problem.ts'
export {
  onPromisedTopics,
  topicPromises,
  watchTopicPromises,
  type PromiseWatch,
  type TopicPromises,
} from './admin/topic-promises.ts'
export { logName, readKafkaLogs, type KafkaLog } from './topics/kafka-logs.ts'
export {
  createLogEndsReader,
  type LogEnds,
  type LogEndsReader,
  type PartitionEnd,
} from './fetch/log-ends.ts'
export { createCommittedReader, type CommittedReader } from './group/committed-reader.ts'
export {
  otherGroups,
  readGroupOffsets,
  readShardOffsets,
  type GroupOffset,
} from './group/group-offsets.ts'
export { groupMembers, type GroupMembers } from './group/group-members.ts'
export { UnreadableRecords, type WhyUnreadable } from './record-batch/unreadable-records.ts'
export { createConsumer, type ConsumerOptions } from './consumer/consumer.ts'
export { createInstanceName, type InstanceName } from './group/instance-name.ts'
export { createMemoryBudget, type MemoryBudget } from './consumer/consumer-budget.ts'
export { partitionKey } from './consumer/consumer-offsets.ts'
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
} from './consumer/consumer-port.ts'
export { TROUBLE_CAUSES } from './consumer/consumer-port.ts'
export {
  aclsOf,
  IMPLIED_BY,
  KAFKA_PROGRAMS,
  KAFKA_RIGHTS,
  rightsOf,
  type KafkaAcl,
  type KafkaProgram,
  type KafkaRight,
  type Right,
} from './rights/rights.ts'
export { RESOURCES, type KafkaNames } from './rights/resources.ts'
export {
  followErasures,
  MAX_ERASURES,
  type Erasures,
  type ErasuresOptions,
} from './erasures/erasures.ts'
export { followTopic, type TopicFollower, type TopicReader } from './erasures/follow-topic.ts'
export { makeErasuresTopic } from './erasures/make-erasures-topic.ts'
export {
  generationTopic,
  isSamePlacement,
  MAX_SPLIT,
  writeGeneration,
  type Generation,
  type GenerationRecord,
} from './generations/generation-record.ts'
export { followGenerations } from './generations/follow-generations.ts'
export { createGenerations, type Generations } from './generations/generations.ts'
export { placeLeaseFrom, waitOf, type AccountsPlace } from './generations/place.ts'
export { createGenerationProducer } from './generations/generation-producer.ts'
export {
  createSwitchingConsumer,
  type SwitchingConsumer,
} from './generations/switching-consumer.ts'
export { pinnedGenerations } from './generations/pinned-generations.ts'
export { recordedGeneration, recordGeneration } from './generations/recorded-generation.ts'
