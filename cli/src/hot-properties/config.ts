import { clickhouseVariables, planVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const { LOG_LEVEL, CLICKHOUSE_CLUSTER } = setupVariables

export const hotPropertiesVariables = {
  LOG_LEVEL,
  ...clickhouseVariables,
  ...planVariables,
  CLICKHOUSE_CLUSTER,
}

/** Reads the environment of `npm run hot-properties`. @throws {ConfigError} */
export function readHotPropertiesConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(hotPropertiesVariables, environment)
  tellConfig('hot-properties', hotPropertiesVariables, environment, read)
  return read.config
}

export type HotPropertiesConfig = ReturnType<typeof readHotPropertiesConfig>
