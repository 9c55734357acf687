import { Kafka, logLevel, type KafkaConfig as KafkaJsConfig, type LogEntry } from 'kafkajs'
import type { Logger } from '@custom-events/runtime'
import type { KafkaConfig } from './kafka-config.ts'
import { fixRequestQueueTimer } from './request-queue-timer.ts'
import { resetOnClose } from './reset-on-close.ts'

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
  return new Kafka({
    brokers: [...config.brokers],
    clientId: config.clientId,
    ssl: config.isTlsEnabled,
    ...(config.sasl === null ? {} : { sasl: saslOptions(config.sasl) }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    socketFactory: resetOnClose,
    retry: { retries: 0 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => logEntry(log, entry),
    ...overrides,
  })
}

/** kafkajs types each mechanism apart, though all three carry the same fields. */
function saslOptions(sasl: NonNullable<KafkaConfig['sasl']>): NonNullable<KafkaJsConfig['sasl']> {
  const { mechanism, username, password } = sasl
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password }
    case 'scram-sha-256':
      return { mechanism, username, password }
    case 'scram-sha-512':
      return { mechanism, username, password }
  }
}

/**
 * kafkajs logs every failed attempt as an error; to a person on call only a change of state matters,
 * and producer, consumer and admin log that themselves. Its own lines are for debugging.
 */
function logEntry(log: Logger, { namespace, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, ...fields } = entry
  log.debug({ ...fields, client: namespace }, `kafkajs: ${message}`)
}
