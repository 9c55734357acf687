import { readIngestConfig } from '@custom-events/ingest'
import { placeLeaseFrom } from '@custom-events/kafka'
import {
  clickhouseVariables,
  createLogger,
  kafkaVariables,
  readConfig,
  registryVariables,
  serviceVariables,
  shardUrls,
  shownConfig,
} from '@custom-events/runtime'
import { setupVariables } from '../config.ts'

/** Of every replay; one of rejected events reads those of ingest as well. */
export const replayVariables = {
  LOG_LEVEL: { ...serviceVariables.LOG_LEVEL, default: 'error' as const }, // it speaks for itself
  ...kafkaVariables,
  KAFKA_CONSUMER_GROUP: setupVariables.KAFKA_CONSUMER_GROUP,
  ...registryVariables,
  ...clickhouseVariables,
}

/**
 * Reads the environment of `custom-events replay`.
 * @throws {ConfigError}
 */
export function readReplayConfig(
  from: 'dead-letters' | 'rejected',
  environment: NodeJS.ProcessEnv,
) {
  const { config, warnings } = readConfig(replayVariables, environment)
  const placeLeaseMs = placeLeaseFrom(environment)
  const counted = { CLICKHOUSE_SHARDS: String(shardUrls(config).length) }
  const log = createLogger({ service: 'replay', level: config.LOG_LEVEL }, process.stderr)
  log.info({ config: shownConfig(replayVariables, environment) }, 'configuration')
  return {
    config,
    warnings,
    log,
    placeLeaseMs,
    // Ingest counts what is named here.
    ingest: from === 'rejected' ? readIngestConfig({ ...environment, ...counted }) : null,
  }
}

export type ReplayConfig = ReturnType<typeof readReplayConfig>
