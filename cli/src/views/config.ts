import {
  clickhouseVariables,
  createLogger,
  planVariables,
  readConfig,
  shownConfig,
} from '@custom-events/runtime'
import { setupVariables } from '../config.ts'

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
  const { config, warnings } = readConfig(viewsVariables, environment)
  const log = createLogger({ service: 'views', level: config.LOG_LEVEL }, process.stderr)
  log.info({ config: shownConfig(viewsVariables, environment) }, 'configuration')
  for (const warning of warnings) log.warn(warning)
  return config
}

export type ViewsConfig = ReturnType<typeof readViewsConfig>
