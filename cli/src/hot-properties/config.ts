import {
  clickhouseVariables,
  createLogger,
  planVariables,
  readConfig,
  shownConfig,
} from '@custom-events/runtime'
import { setupVariables } from '../config.ts'

const { LOG_LEVEL, CLICKHOUSE_CLUSTER } = setupVariables

export const hotPropertiesVariables = {
  LOG_LEVEL,
  ...clickhouseVariables,
  ...planVariables,
  CLICKHOUSE_CLUSTER,
}

/** Reads the environment of `npm run hot-properties`. @throws {ConfigError} */
export function readHotPropertiesConfig(environment: NodeJS.ProcessEnv) {
  const { config, warnings } = readConfig(hotPropertiesVariables, environment)
  const log = createLogger({ service: 'hot-properties', level: config.LOG_LEVEL }, process.stderr)
  log.info({ config: shownConfig(hotPropertiesVariables, environment) }, 'configuration')
  for (const warning of warnings) log.warn(warning)
  return config
}

export type HotPropertiesConfig = ReturnType<typeof readHotPropertiesConfig>
