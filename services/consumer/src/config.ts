import { hostname } from 'node:os'
import {
  consumerGroupName,
  groupOfShard,
  kafkaConfigFrom,
  placeLeaseFrom,
  type Shard,
} from '@custom-events/kafka'
import {
  atShard,
  choice,
  clickhouseVariables,
  consumerGroup,
  integer,
  kafkaVariables,
  MAX_SHARDS,
  name,
  readConfig,
  registryVariables,
  serviceVariables,
  shardUrls,
  type Config,
  type ConfigProblem,
} from '@custom-events/runtime'
import { ERASURES_MAX_AGE_MS } from '@custom-events/event'
import { FAILPOINTS } from './failpoint.ts'
import { ON_UNKNOWN_SCHEMA } from './dead-letter/poison.ts'

const MEBIBYTE = 1_048_576

/** Every variable of the consumer. */
export const consumerVariables = {
  ...serviceVariables,
  OPS_PORT: integer({
    description: 'Port of /health/live, /health/ready and /metrics; 0 picks a free one.',
    min: 0,
    max: 65_535,
    default: 3002,
  }),
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP: consumerGroup({
    description:
      'Consumer group; all instances of one group share the partitions. Empty: ' +
      'custom-events.clickhouse.<KAFKA_TOPIC>. Of several shards each has its own, with .shard-1-of-2 and so on after the name.',
    default: '',
  }),
  KAFKA_OUT_OF_RANGE: choice(['halt', 'earliest'], {
    description:
      'When Kafka has deleted records that were never inserted: halt and be not ready, or go on with ' +
      'the earliest record that is left.',
    default: 'halt',
  }),
  KAFKA_SESSION_TIMEOUT_MS: integer({
    description:
      "Kafka takes an instance that is silent for so long for dead; within the brokers' " +
      'group.min.session.timeout.ms and group.max.session.timeout.ms.',
    min: 6_000, // what brokers allow by default
    max: 300_000,
    default: 6_000,
  }),
  KAFKA_GROUP_INSTANCE_ID: name({
    description:
      'Name of this instance in the consumer group (group.instance.id, Kafka 2.3 and later), of no other and the same ' +
      'after a restart: a killed instance that comes back before the session times out has its partitions back at once, ' +
      'and the others do not notice. `hostname`: the name of the host, which is that of the pod or container. Empty: none.',
    pattern: /^(?:(?!\.{1,2}$)[A-Za-z0-9._-]{1,249})?$/,
    rule: 'up to 249 letters, digits, dots, _ and -',
    default: '',
  }),
  ...registryVariables,
  ...clickhouseVariables,
  CLICKHOUSE_SHARD: name({
    description:
      'Which of CLICKHOUSE_SHARD_URLS this consumer serves, counted from 1. Empty: the only one; required where there are several.',
    pattern: /^(?:[1-9]|[1-5]\d|6[0-4])?$/,
    rule: `the number of a shard, from 1 to ${MAX_SHARDS}`, // the pattern says the same
    default: '',
  }),
  CLICKHOUSE_INSERT_QUORUM: name({
    description:
      'With replicated tables: on how many replicas a batch must be before it is committed, or auto: on more than half of them. ' +
      'Inserts into one table then come one after the other. 0: on the one that is asked.',
    pattern: /^(?:auto|0|[2-9])$/,
    rule: '0, auto, or a number of replicas from 2 to 9',
    default: '0',
  }),
  BATCH_MAX_ROWS: integer({
    description: 'A batch is inserted when it has so many rows.',
    min: 1,
    max: 1_000_000,
    // Larger blocks take less CPU a row in ClickHouse: fewer parts, fewer merges.
    default: 100_000,
  }),
  BATCH_MAX_BYTES: integer({
    description: 'A batch is inserted when its records have so many bytes.',
    min: 1_024,
    max: 256 * MEBIBYTE,
    default: 24 * MEBIBYTE,
  }),
  BATCH_MAX_AGE_MS: integer({
    description: 'A batch is inserted when its first record is so old.',
    min: 1,
    max: 30_000,
    default: 1_000,
  }),
  MEMORY_BUDGET_BYTES: integer({
    description:
      'Records and blocks held in memory: fetching pauses above 80 % and resumes below 50 %.',
    min: MEBIBYTE,
    max: 64 * 1_024 * MEBIBYTE,
    default: 96 * MEBIBYTE,
  }),
  POISON_UNKNOWN_SCHEMA: choice(ON_UNKNOWN_SCHEMA, {
    description:
      'When the schema registry says that it has no schema with the id in a record: halt and be not ready ' +
      'until the schema is restored, or put such records on the dead-letter topic, however many they are.',
    default: 'halt',
  }),
  POISON_SET_ASIDE_UP_TO: integer({
    description:
      'After a halt for too many bad records: so many of each topic are put on the dead-letter topic all ' +
      'the same, counted from the start of the process and told in the log; then it halts again. Unset it ' +
      'when they are through.',
    min: 0,
    max: 1_000_000,
    default: 0,
  }),
  ERASURES_MAX_AGE_MS: integer({
    description:
      'Nothing is inserted unless the topic of erasures was read to its end within so many milliseconds: ' +
      '`custom-events erase` waits for the longest of them before it says that somebody is gone.',
    min: 1_000,
    max: ERASURES_MAX_AGE_MS,
    default: ERASURES_MAX_AGE_MS,
  }),
  FAILPOINT: choice(FAILPOINTS, {
    description: 'For tests, with NODE_ENV=test only: where the process kills itself.',
    default: 'none',
  }),
}

/** @throws {ConfigError} with every problem. */
export function readConsumerConfig(environment: NodeJS.ProcessEnv) {
  const { config: read, warnings } = readConfig(consumerVariables, environment, memoryProblems)
  const shard: Shard = { shard: Number(read.CLICKHOUSE_SHARD) || 1, shards: shardUrls(read).length }
  const config = atShard(read, shard.shard) // whatever opens ClickHouse opens this one
  const named = config.KAFKA_GROUP_INSTANCE_ID
  const instanceId = named === 'hostname' ? hostname().replaceAll(/[^\w.-]/g, '_') : named || null
  const failpoint = environment['NODE_ENV'] === 'test' ? config.FAILPOINT : 'none'
  const group = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  return {
    config,
    shard,
    consumerGroup: groupOfShard(group, shard),
    kafka: kafkaConfigFrom(config),
    instanceId,
    failpoint,
    placeLeaseMs: placeLeaseFrom(environment),
    warnings,
  }
}

/** A batch that does not fit into the memory would never be full, and always wait for its age. */
function memoryProblems(config: Config<typeof consumerVariables>): readonly ConfigProblem[] {
  const { BATCH_MAX_BYTES: batch, MEMORY_BUDGET_BYTES: budget } = config
  if (batch <= budget / 2) return []
  const rule = `at most half of MEMORY_BUDGET_BYTES (${budget}): its records and their block are held at once`
  return [{ variable: 'BATCH_MAX_BYTES', value: String(batch), rule }]
}

/** What `readConsumerConfig` returns. */
export type ConsumerSettings = ReturnType<typeof readConsumerConfig>
