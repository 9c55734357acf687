import { Kafka, logLevel, type KafkaConfig as KafkaJsConfig, type LogEntry } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import { keepExchangesApart } from '../authentication/keep-exchanges-apart.ts'
import { keepSessions } from '../authentication/keep-sessions.ts'
import { saslOptions } from '../authentication/sasl.ts'
import { withoutColons } from './bootstrap-hosts.ts'
import type { KafkaConfig } from './kafka-config.ts'
import { fixRequestQueueTimer } from './request-queue-timer.ts'
import { resetOnClose } from './reset-on-close.ts'
import { keepConnectionsSound } from './sound-connections.ts'

/** Bounds of one attempt; retrying is decided by the callers, who know their deadlines. */
const CONNECTION_TIMEOUT_MS = 2_000
const AUTHENTICATION_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 4_000

/** A kafkajs client that never retries by itself and logs through our logger. */
export function createKafkaJs(
  config: KafkaConfig,
  log: Logger,
  overrides: Pick<KafkaJsConfig, 'requestTimeout' | 'retry'> = {},
): Kafka {
  fixRequestQueueTimer()
  keepSessions()
  keepExchangesApart()
  keepConnectionsSound()
  return new Kafka({
    brokers: config.brokers.map(withoutColons),
    clientId: config.clientId,
    ssl: config.isTlsEnabled,
    ...(config.sasl === null ? {} : { sasl: saslOptions(config.sasl, log) }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    socketFactory: resetOnClose(config.tls),
    retry: { retries: 0 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logEntry(log, entry),
    ...overrides,
  })
}

/**
 * kafkajs logs every failed attempt as an error; to a person on call only a change of state matters,
 * and producer, consumer and admin log that themselves. Its own lines are for debugging.
 */
function logEntry(log: Logger, { namespace, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, ...fields } = entry
  log.debug({ ...fields, client: namespace }, `kafkajs: ${message}`)
}
