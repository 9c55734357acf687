import { oauthVariables, tlsVariables } from './connection-variables.ts'
import { MAX_SHARDS } from './shards.ts'
import {
  brokers,
  choice,
  flag,
  integer,
  listenHost,
  name,
  secret,
  text,
  url,
  urls,
} from './variable.ts'

/** What servers show in logs and metrics must be readable there. */
const PRINTABLE = {
  pattern: /^[!-~](?:[ -~]{0,198}[!-~])?$/,
  rule: 'up to 200 printable ASCII characters, no blanks around them',
}

/** Which consumers share the partitions; the program that reads it says what it is by default. */
export const consumerGroup = (options: {
  readonly description: string
  readonly default: string
}) => name({ ...PRINTABLE, ...options })

/** Variables of every service. */
export const serviceVariables = {
  LOG_LEVEL: choice(['debug', 'info', 'warn', 'error'], {
    description: 'The least severe log line that is written.',
    default: 'info',
  }),
  SHUTDOWN_TIMEOUT_MS: integer({
    description: 'After SIGTERM the process has this long to drain before it is ended.',
    // Ingest alone answers for half a second before it closes its port.
    min: 2_000,
    max: 300_000,
    default: 30_000,
  }),
  OPS_HOST: listenHost({
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
  KAFKA_CLIENT_ID: name({
    description: 'Client id shown by Kafka.',
    ...PRINTABLE,
    default: 'custom-events',
  }),
  KAFKA_TOPIC: name({
    description: 'Topic of accepted events; the names of its side topics begin with it.',
    // Kafka allows 249; `.partitions-10000` and `.rejected` are added.
    pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,230}$/,
    rule: 'up to 230 letters, digits, dots, _ and -',
    default: 'events.tracked.v1',
  }),
  KAFKA_PARTITIONS: integer({
    description:
      'With how many partitions accounts are placed, recorded by setup: no account may ever move.',
    min: 1,
    max: 1_000,
    default: 12,
  }),
  KAFKA_CLIENT_RACK: name({
    description:
      'Rack or zone of this process: records are read from a replica in it where the brokers allow that ' +
      '(replica.selector.class). Empty: from the leaders.',
    ...PRINTABLE,
    default: '',
  }),
  KAFKA_TLS_ENABLED: flag({ description: 'Connect to Kafka with TLS.', default: false }),
  ...tlsVariables('KAFKA', 'the brokers'),
  KAFKA_SASL_MECHANISM: choice(['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'], {
    description: 'How to authenticate with Kafka.',
    default: 'none',
  }),
  KAFKA_SASL_USERNAME: text({ description: 'SASL user.', default: 'custom-events' }),
  KAFKA_SASL_PASSWORD: secret({ description: 'SASL password.', default: '' }),
  ...oauthVariables,
}

/** What ingest compresses, and what setup makes the topics fit for. */
export const compressionVariables = {
  KAFKA_COMPRESSION: choice(['zstd', 'gzip', 'none'], {
    description:
      'How ingest compresses batches of 16 KiB and more for Kafka, where that makes them smaller. zstd needs Kafka 2.1, ' +
      'of every other reader of the topic, too.',
    default: 'zstd',
  }),
}

/** How to reach the schema registry. */
export const registryVariables = {
  SCHEMA_REGISTRY_URL: url({
    description:
      'Base URL of a Confluent-compatible schema registry, with its path: Confluent has none, ' +
      'Apicurio has /apis/ccompat/v7.',
    instead:
      'the user belongs into SCHEMA_REGISTRY_USER, the password into SCHEMA_REGISTRY_PASSWORD',
    default: 'http://127.0.0.1:8081/apis/ccompat/v7',
  }),
  SCHEMA_REGISTRY_USER: text({
    description: 'User of the schema registry (HTTP basic authentication); empty: none.',
    default: '',
  }),
  SCHEMA_REGISTRY_PASSWORD: secret({ description: 'Password of that user.', default: '' }),
  SCHEMA_REGISTRY_TOKEN: secret({
    description: 'Bearer token for the schema registry, instead of a user.',
    default: '',
  }),
  ...tlsVariables('SCHEMA_REGISTRY', 'the schema registry'),
}

/** How to reach ClickHouse. */
export const clickhouseVariables = {
  CLICKHOUSE_URL: url({
    description: 'HTTP interface of ClickHouse.',
    path: 'none',
    instead: 'these belong into CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE',
    default: 'http://127.0.0.1:8123',
  }),
  CLICKHOUSE_SHARD_URLS: urls({
    description:
      'Where events are spread over several ClickHouses: the HTTP interface of each, in the order of the shards, which must ' +
      'never change; all with the same user, password and database. Empty: there is one, at CLICKHOUSE_URL.',
    most: MAX_SHARDS,
    instead: 'these belong into CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE',
    default: [],
  }),
  CLICKHOUSE_USER: text({ description: 'ClickHouse user.', default: 'default' }),
  CLICKHOUSE_PASSWORD: secret({ description: 'ClickHouse password.', default: '' }),
  CLICKHOUSE_DATABASE: name({
    description: 'Database of the tables.',
    pattern: /^(?!(?:system|information_schema)$)[A-Za-z_]\w{0,63}$/i,
    rule: 'up to 64 letters, digits and _, not beginning with a digit; not system or information_schema',
    default: 'custom_events',
  }),
  ...tlsVariables('CLICKHOUSE', 'ClickHouse'),
}

/** Of programs that have no ClickHouse, and place events so that each account stays on one. */
export const shardCountVariables = {
  CLICKHOUSE_SHARDS: integer({
    description:
      'How many ClickHouses events are spread over, as many as CLICKHOUSE_SHARD_URLS of setup and the consumers names. ' +
      'Counts of partitions are multiples of it, so that an account stays on one.',
    min: 1,
    max: MAX_SHARDS,
    default: 1,
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
  ...shardCountVariables,
  ...planVariables,
}

/**
 * Variables with our prefixes that only one program reads, so that one file of variables may serve
 * all of them without a warning. A test compares this list with the programs.
 */
export const namesOfOtherServices: readonly string[] = [
  'AUDIT_RETENTION_DAYS',
  'AUTH_MODE',
  'BATCH_MAX_AGE_MS',
  'BATCH_MAX_BYTES',
  'BATCH_MAX_ROWS',
  'CLICKHOUSE_CLUSTER',
  'CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS',
  'CLICKHOUSE_EVENT_VIEWS_MAX',
  'CLICKHOUSE_INSERT_QUORUM',
  'CLICKHOUSE_REJECTED_RETENTION_DAYS',
  'CLICKHOUSE_REPLICATED',
  'CLICKHOUSE_RETENTION_DAYS',
  'CLICKHOUSE_ROLLUP_RETENTION_DAYS',
  'CLICKHOUSE_SHARD',
  'CLICKHOUSE_SHARDS_CLUSTER',
  'KAFKA_COMPRESSION',
  'KAFKA_CONSUMER_GROUP',
  'KAFKA_GROUP_INSTANCE_ID',
  'KAFKA_MIN_INSYNC_REPLICAS',
  'KAFKA_OUT_OF_RANGE',
  'KAFKA_REPLICATION_FACTOR',
  'KAFKA_RETENTION_HOURS',
  'KAFKA_SESSION_TIMEOUT_MS',
  'RATE_LIMIT_ACCOUNT_BURST_EVENTS',
  'RATE_LIMIT_ACCOUNT_EVENTS_PER_SECOND',
  'RATE_LIMIT_KEY_BURST_EVENTS',
  'RATE_LIMIT_KEY_EVENTS_PER_SECOND',
  'TRACKING_PLAN_MODE',
  'TRACKING_PLAN_UNPLANNED',
  'WRITE_KEYS_FILE',
]

/** Logins that `npm run stack` and Docker Compose print or take, one of each role in ClickHouse: no program reads them. A test compares. */
export const LOGIN_OF_ROLE =
  /^CLICKHOUSE_(?:SETUP|WRITER|READER|REPLAY|VIEWS|HOT_PROPERTIES|RETENTION|EXPORT|DESTROY_KEYS|ERASER|UNSEALER|OPERATOR)_(?:USER|PASSWORD)$/
