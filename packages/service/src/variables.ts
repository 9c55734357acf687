import { brokers, choice, flag, integer, secret, text, url } from './variable.ts'

/** Variables of every service. */
export const serviceVariables = {
  LOG_LEVEL: choice(['debug', 'info', 'warn', 'error'], {
    description: 'The least severe log line that is written.',
    default: 'info',
  }),
  SHUTDOWN_TIMEOUT_MS: integer({
    description: 'After SIGTERM the process has this long to drain before it is ended.',
    min: 100,
    max: 300_000,
    default: 30_000,
  }),
  OPS_HOST: text({
    description: 'Address of the ops port; other than loopback only on a private network.',
    default: '127.0.0.1',
  }),
}

/** How to reach Kafka, and the topic. */
export const kafkaVariables = {
  KAFKA_BROKERS: brokers({
    description: 'Kafka bootstrap servers.',
    default: ['127.0.0.1:9092'],
  }),
  KAFKA_CLIENT_ID: text({ description: 'Client id shown by Kafka.', default: 'custom-events' }),
  KAFKA_TOPIC: text({ description: 'Topic of accepted events.', default: 'events.tracked.v1' }),
  KAFKA_PARTITIONS: integer({
    description:
      'Partition count of the topic, pinned: an account must never move to another partition.',
    min: 1,
    max: 10_000,
    default: 12,
  }),
  KAFKA_TLS_ENABLED: flag({ description: 'Connect to Kafka with TLS.', default: false }),
  KAFKA_SASL_MECHANISM: choice(['none', 'plain', 'scram-sha-256', 'scram-sha-512'], {
    description: 'How to authenticate with Kafka.',
    default: 'none',
  }),
  KAFKA_SASL_USERNAME: text({ description: 'SASL user.', default: 'custom-events' }),
  KAFKA_SASL_PASSWORD: secret({ description: 'SASL password.', default: '' }),
}

/** How to reach the schema registry. */
export const registryVariables = {
  SCHEMA_REGISTRY_URL: url({
    description:
      'Base URL of a Confluent-compatible schema registry, with its path: Confluent has none, ' +
      'Apicurio has /apis/ccompat/v7.',
    default: 'http://127.0.0.1:8081/apis/ccompat/v7',
  }),
}

/** How to reach ClickHouse. */
export const clickhouseVariables = {
  CLICKHOUSE_URL: url({
    description: 'HTTP interface of ClickHouse.',
    default: 'http://127.0.0.1:8123',
  }),
  CLICKHOUSE_USER: text({ description: 'ClickHouse user.', default: 'default' }),
  CLICKHOUSE_PASSWORD: secret({ description: 'ClickHouse password.', default: '' }),
  CLICKHOUSE_DATABASE: text({
    description: 'Database of the tables.',
    default: 'custom_events',
  }),
}

/** Where tracking plans lie. */
export const planVariables = {
  TRACKING_PLANS_DIR: text({
    description: 'Folder of tracking plans; empty: schemas/events of this checkout.',
    default: '',
  }),
}

/** Shared by several services; setting one where it is not read is no mistake. */
export const sharedVariables = {
  ...serviceVariables,
  ...kafkaVariables,
  ...registryVariables,
  ...clickhouseVariables,
  ...planVariables,
}

/**
 * Variables with our prefixes that only one program reads, so that one file of variables may serve
 * all of them without a warning. A test compares this list with the programs.
 */
export const namesOfOtherServices: readonly string[] = [
  'AUTH_MODE',
  'BATCH_MAX_AGE_MS',
  'BATCH_MAX_BYTES',
  'BATCH_MAX_ROWS',
  'CLICKHOUSE_CLUSTER',
  'CLICKHOUSE_REPLICATED',
  'CLICKHOUSE_RETENTION_DAYS',
  'KAFKA_CONSUMER_GROUP',
  'KAFKA_MIN_INSYNC_REPLICAS',
  'KAFKA_OUT_OF_RANGE',
  'KAFKA_REPLICATION_FACTOR',
  'KAFKA_RETENTION_HOURS',
  'KAFKA_SESSION_TIMEOUT_MS',
  'TRACKING_PLAN_MODE',
  'TRACKING_PLAN_UNPLANNED',
  'WRITE_KEYS_FILE',
]
