import {
  clickhouseVariables,
  compressionVariables,
  consumerGroup,
  flag,
  integer,
  kafkaVariables,
  name,
  planVariables,
  readConfig,
  registryVariables,
  serviceVariables,
  type Config,
  type ConfigProblem,
} from '@custom-events/runtime'
import { retentionVariables } from './retention/variables.ts'
import { tellConfig } from './tell-config.ts'

export const setupVariables = {
  LOG_LEVEL: { ...serviceVariables.LOG_LEVEL, default: 'warn' as const },
  ...kafkaVariables,
  ...compressionVariables,
  KAFKA_CONSUMER_GROUP: consumerGroup({
    description:
      'Consumer group of the consumer service. Empty: custom-events.clickhouse.<KAFKA_TOPIC>.',
    default: '',
  }),
  KAFKA_REPLICATION_FACTOR: integer({
    description: 'Replicas of each new topic; 3 on a cluster.',
    min: 1,
    max: 10,
    default: 1,
  }),
  KAFKA_MIN_INSYNC_REPLICAS: integer({
    description: 'Replicas that must hold a record before it is acknowledged; 2 on a cluster.',
    min: 1,
    max: 10,
    default: 1,
  }),
  KAFKA_RETENTION_HOURS: integer({
    description: 'How long Kafka keeps records: the time in which ClickHouse can be refilled.',
    min: 1,
    max: 87_600,
    default: 168,
  }),
  ...registryVariables,
  ...clickhouseVariables,
  ...planVariables,
  SETUP_TIMEOUT_MS: integer({
    description:
      'How long setup tries again while a server does not answer, for each server; 0: it tries once.',
    min: 0,
    max: 600_000,
    default: 30_000,
  }),
  CLICKHOUSE_CLUSTER: name({
    description:
      'Run every statement ON CLUSTER with this name; empty on a single server. With several CLICKHOUSE_SHARD_URLS it names the ' +
      'replicas of one shard, most often by a macro.',
    pattern: /^[\w.{}-]{1,100}$/,
    rule: 'the name of a cluster, or a macro such as {cluster}: letters, digits, _, -, dots and braces',
    default: '',
  }),
  CLICKHOUSE_SHARDS_CLUSTER: name({
    description:
      'With several CLICKHOUSE_SHARD_URLS: a cluster of the configuration of ClickHouse that has all of them. Setup makes a table over all ' +
      'shards of each that analysts may read, in the database <CLICKHOUSE_DATABASE>_all. Empty: none.',
    pattern: /^[\w.{}-]{1,100}$/,
    rule: 'the name of a cluster, or a macro such as {cluster}: letters, digits, _, -, dots and braces',
    default: '',
  }),
  CLICKHOUSE_REPLICATED: flag({
    description: 'Make tables with Replicated engines.',
    default: false,
  }),
  CLICKHOUSE_EVENT_VIEWS_MAX: integer({
    description:
      'How many events without a tracking plan get a view of their own, the most frequent first; events with a plan get one in any case. A view that is there stays while its event does, so there may be up to twice as many.',
    min: 0,
    max: 10_000,
    default: 500,
  }),
  ...retentionVariables,
}

/** Reads the environment of `custom-events setup`. */
export function readSetupConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(setupVariables, environment, replicaProblems)
  return { config: read.config, log: tellConfig('setup', setupVariables, environment, read) }
}

function replicaProblems(config: Config<typeof setupVariables>): readonly ConfigProblem[] {
  const { KAFKA_MIN_INSYNC_REPLICAS: needed, KAFKA_REPLICATION_FACTOR: replicas } = config
  if (needed <= replicas) return []
  const rule = `at most KAFKA_REPLICATION_FACTOR (${replicas}): no event could ever be acknowledged`
  return [{ variable: 'KAFKA_MIN_INSYNC_REPLICAS', value: String(needed), rule }]
}

export type SetupConfig = ReturnType<typeof readSetupConfig>['config']
