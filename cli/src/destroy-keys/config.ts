import { clickhouseVariables, kafkaVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const { LOG_LEVEL, KAFKA_CONSUMER_GROUP, CLICKHOUSE_CLUSTER } = setupVariables

export const destroyKeysVariables = {
  LOG_LEVEL,
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP,
  ...clickhouseVariables,
  CLICKHOUSE_CLUSTER,
}

/** Reads the environment of `custom-events destroy-keys`. @throws {ConfigError} */
export function readDestroyKeysConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(destroyKeysVariables, environment)
  return {
    config: read.config,
    log: tellConfig('destroy-keys', destroyKeysVariables, environment, read),
  }
}

export type DestroyKeysConfig = ReturnType<typeof readDestroyKeysConfig>
