import {
  clickhouseVariables,
  createLogger,
  flag,
  integer,
  kafkaVariables,
  readConfig,
  registryVariables,
  serviceVariables,
  text,
} from '@custom-events/service'
import { readIngestConfig } from '@custom-events/ingest'

const LOG_LEVEL = { ...serviceVariables.LOG_LEVEL, default: 'warn' as const }
const KAFKA_CONSUMER_GROUP = text({
  description: 'Consumer group of the consumer service.',
  default: 'custom-events.clickhouse',
})

export const setupVariables = {
  LOG_LEVEL,
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP,
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
  CLICKHOUSE_CLUSTER: text({
    description: 'Run every statement ON CLUSTER with this name; empty on a single server.',
    default: '',
  }),
  CLICKHOUSE_REPLICATED: flag({
    description: 'Make tables with Replicated engines.',
    default: false,
  }),
  CLICKHOUSE_RETENTION_DAYS: integer({
    description:
      'Rows older than this are deleted, 0 keeps them for ever; applies to tables made by this setup.',
    min: 0,
    max: 36_500,
    default: 0,
  }),
}

/** Of every replay; one of rejected events reads those of ingest as well. */
export const replayVariables = {
  LOG_LEVEL: { ...serviceVariables.LOG_LEVEL, default: 'error' as const }, // it speaks for itself
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP,
  ...registryVariables,
  ...clickhouseVariables,
}

/** Reads the environment of `custom-events setup`. */
export function readSetupConfig(environment: NodeJS.ProcessEnv) {
  const { config, warnings } = readConfig(setupVariables, environment)
  const log = createLogger({ service: 'setup', level: config.LOG_LEVEL }, process.stderr)
  for (const warning of warnings) log.warn(warning)
  return { config, log }
}

/**
 * Reads the environment of `custom-events replay`.
 * @throws {ConfigError} with every problem at once.
 */
export function readReplayConfig(
  from: 'dead-letters' | 'rejected',
  environment: NodeJS.ProcessEnv,
) {
  const { config, warnings } = readConfig(replayVariables, environment)
  const log = createLogger({ service: 'replay', level: config.LOG_LEVEL }, process.stderr)
  return {
    config,
    warnings,
    log,
    ingest: from === 'rejected' ? readIngestConfig(environment) : null,
  }
}

export type ReplayConfig = ReturnType<typeof readReplayConfig>

export type SetupConfig = ReturnType<typeof readSetupConfig>['config']
