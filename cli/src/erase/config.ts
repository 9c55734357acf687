import { ERASURES_MAX_AGE_MS, LONGEST_INSERT_MS } from '@custom-events/event'
import {
  clickhouseVariables,
  createLogger,
  integer,
  kafkaVariables,
  readConfig,
  serviceVariables,
  shownConfig,
} from '@custom-events/runtime'
import { setupVariables } from '../config.ts'

export const eraseVariables = {
  LOG_LEVEL: { ...serviceVariables.LOG_LEVEL, default: 'error' as const }, // it speaks for itself
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP: setupVariables.KAFKA_CONSUMER_GROUP,
  ...clickhouseVariables,
  CLICKHOUSE_CLUSTER: setupVariables.CLICKHOUSE_CLUSTER,
  ERASE_SETTLE_SECONDS: integer({
    description:
      'How long erase waits, after Kafka has an erasure, for inserts that were begun without knowing of it. Less is ' +
      'safe only while no consumer runs, nor one that was stopped goes on.',
    min: 0,
    max: 3_600,
    default: (ERASURES_MAX_AGE_MS + LONGEST_INSERT_MS) / 1_000 + 5,
  }),
}

/** Reads the environment of `custom-events erase`. @throws {ConfigError} */
export function readEraseConfig(environment: NodeJS.ProcessEnv) {
  const { config, warnings } = readConfig(eraseVariables, environment)
  const log = createLogger({ service: 'erase', level: config.LOG_LEVEL }, process.stderr)
  log.info({ config: shownConfig(eraseVariables, environment) }, 'configuration')
  return { config, warnings, log }
}

export type EraseConfig = ReturnType<typeof readEraseConfig>
