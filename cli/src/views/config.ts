import { clickhouseVariables, planVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'

const { LOG_LEVEL, SETUP_TIMEOUT_MS, CLICKHOUSE_CLUSTER, CLICKHOUSE_EVENT_VIEWS_MAX } =
  setupVariables

export const viewsVariables = {
  LOG_LEVEL,
  ...clickhouseVariables,
  ...planVariables,
  SETUP_TIMEOUT_MS,
  CLICKHOUSE_CLUSTER,
  CLICKHOUSE_EVENT_VIEWS_MAX,
}

/** Reads the environment of `npm run views`. @throws {ConfigError} */
export function readViewsConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(viewsVariables, environment)
  tellConfig('views', viewsVariables, environment, read)
  return read.config
}

export type ViewsConfig = ReturnType<typeof readViewsConfig>
