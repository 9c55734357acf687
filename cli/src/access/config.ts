import { clickhouseVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const { LOG_LEVEL, CLICKHOUSE_CLUSTER, CLICKHOUSE_SHARDS_CLUSTER } = setupVariables

/** Other servers that roles are for. */
export const clusterVariables = { CLICKHOUSE_CLUSTER, CLICKHOUSE_SHARDS_CLUSTER }

export const accessVariables = { LOG_LEVEL, ...clickhouseVariables, ...clusterVariables }

/** Reads the environment of `custom-events roles` and `custom-events account`. @throws {ConfigError} */
export function readAccessConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(accessVariables, environment)
  tellConfig('access', accessVariables, environment, read)
  return read.config
}

export type AccessConfig = ReturnType<typeof readAccessConfig>
