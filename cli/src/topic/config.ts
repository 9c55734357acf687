import { placeLeaseFrom } from '@custom-events/kafka'
import { kafkaVariables, readConfig, shardCountVariables } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const {
  LOG_LEVEL,
  KAFKA_CONSUMER_GROUP,
  KAFKA_REPLICATION_FACTOR,
  KAFKA_MIN_INSYNC_REPLICAS,
  KAFKA_RETENTION_HOURS,
} = setupVariables

export const topicVariables = {
  LOG_LEVEL: { ...LOG_LEVEL, default: 'error' as const }, // it speaks for itself
  ...kafkaVariables,
  ...shardCountVariables,
  KAFKA_CONSUMER_GROUP,
  KAFKA_REPLICATION_FACTOR,
  KAFKA_MIN_INSYNC_REPLICAS,
  KAFKA_RETENTION_HOURS,
}

/** Reads the environment of `custom-events topic`. @throws {ConfigError} */
export function readTopicConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(topicVariables, environment)
  return {
    config: read.config,
    leaseMs: placeLeaseFrom(environment),
    log: tellConfig('topic', topicVariables, environment, read),
  }
}

export type TopicConfig = ReturnType<typeof readTopicConfig>
