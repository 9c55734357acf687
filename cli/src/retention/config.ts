import { clickhouseVariables, planVariables, readConfig } from '@custom-events/runtime'
import { setupVariables } from '../config.ts'
import { tellConfig } from '../tell-config.ts'
import { retentionVariables } from './variables.ts'

const { LOG_LEVEL, CLICKHOUSE_CLUSTER } = setupVariables

const variables = {
  LOG_LEVEL,
  ...clickhouseVariables,
  ...planVariables,
  CLICKHOUSE_CLUSTER,
  ...retentionVariables,
}

/** Reads the environment of `npm run retention`. @throws {ConfigError} */
export function readRetentionConfig(environment: NodeJS.ProcessEnv) {
  const read = readConfig(variables, environment)
  tellConfig('retention', variables, environment, read)
  return read.config
}

/** Of them, what the command needs. */
export type RetentionConfig = Pick<
  ReturnType<typeof readRetentionConfig>,
  | keyof typeof clickhouseVariables
  | 'TRACKING_PLANS_DIR'
  | 'CLICKHOUSE_CLUSTER'
  | keyof typeof retentionVariables
>
