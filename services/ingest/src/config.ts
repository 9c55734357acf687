import { readFileSync } from 'node:fs'
import {
  EVENT_RULES,
  parseTimestamp,
  PLAN_MODES,
  UNPLANNED_MODES,
  type EventRules,
  type PlanRules,
} from '@custom-events/event'
import {
  consumerGroupName,
  erasedTopic,
  kafkaConfigFrom,
  placeLeaseFrom,
  registryConfigFrom,
  topicNames,
  type Compression,
  type KafkaConfig,
  type RegistryConfig,
} from '@custom-events/kafka'
import {
  choice,
  compressionVariables,
  ConfigError,
  consumerGroup,
  integer,
  kafkaVariables,
  listenHost,
  planVariables,
  readConfig,
  registryVariables,
  serviceVariables,
  shardCountVariables,
  text,
  type ConfigProblem,
} from '@custom-events/runtime'
import type { AllowedOrigins } from './http/cors.ts'
import { rateLimitRulesFrom, rateLimitVariables } from './rate-limit/rate-limit-config.ts'
import { ingestSettings, type IngestSettings } from './settings.ts'
import { parseWriteKeys } from './auth/write-keys.ts'

const DAY_MS = 86_400_000
/** A DateTime64 begins there. */
const EARLIEST_POSSIBLE_MS = Date.UTC(1900, 0, 1)

/** Every variable of ingest. */
export const ingestVariables = {
  ...serviceVariables,
  ...kafkaVariables,
  ...compressionVariables,
  KAFKA_CONSUMER_GROUP: consumerGroup({
    description:
      'Consumer group of the consumer service, which ?wait=queryable looks at. Empty: ' +
      'custom-events.clickhouse.<KAFKA_TOPIC>. Of several shards each has its own, with .shard-1-of-2 and so on after the name.',
    default: '',
  }),
  ...shardCountVariables,
  ...registryVariables,
  HTTP_HOST: listenHost({
    description:
      'Address that events are taken on. Empty: 0.0.0.0, but 127.0.0.1 with AUTH_MODE=off, so that ' +
      'anybody is somebody on this machine unless more is said.',
    default: '',
  }),
  PORT: integer({
    description: 'Port that events are taken on.',
    min: 0,
    max: 65_535,
    default: 3000,
  }),
  OPS_PORT: integer({
    description: 'Port of /health and /metrics.',
    min: 0,
    max: 65_535,
    default: 3001,
  }),
  WORKERS: integer({
    description:
      'Processes that take events, one a processor core at most; 1: no others than this one. ' +
      'Limits are of each: in-flight bytes, connections, rate limits.',
    min: 1,
    max: 64,
    default: 1,
  }),
  AUTH_MODE: choice(['keys', 'off'], {
    description: 'keys: only requests with a write key of WRITE_KEYS_FILE; off: anybody may write.',
    default: 'keys',
  }),
  WRITE_KEYS_FILE: text({ description: 'JSON file of write keys (hashes).', default: '' }),
  CORS_ORIGINS: text({
    description:
      'Origins whose pages may read answers, separated by commas; *: any. Write keys may narrow it.',
    default: '*',
  }),
  ...rateLimitVariables,
  EVENT_EARLIEST_TIMESTAMP: text({
    description: 'Events with a timestamp before this are rejected.',
    default: '2000-01-01T00:00:00Z',
  }),
  EVENT_MAX_DAYS_AHEAD: integer({
    description: 'Events with a timestamp further in the future than this are rejected.',
    min: 1,
    max: 3_660,
    default: 366,
  }),
  EVENT_PLACEHOLDER_IDS: text({
    description: 'Ids that stand for nothing, separated by commas; such events are rejected.',
    default: [...EVENT_RULES.placeholderIds].join(','),
  }),
  ...planVariables,
  TRACKING_PLAN_MODE: choice(PLAN_MODES, {
    description:
      'What becomes of an event that breaks its tracking plan, where the plan does not say: off: ' +
      'not checked; warn: accepted with warnings; enforce: rejected.',
    default: 'warn',
  }),
  TRACKING_PLAN_UNPLANNED: choice(UNPLANNED_MODES, {
    description: 'What becomes of an event without a tracking plan.',
    default: 'allow',
  }),
}

export interface IngestConfig {
  readonly logLevel: string
  readonly shutdownTimeoutMs: number
  readonly host: string
  readonly port: number
  readonly opsHost: string
  readonly opsPort: number
  readonly workers: number
  readonly kafka: KafkaConfig
  readonly compression: Compression
  /** Topic that says who is erased. */
  readonly erasedTopic: string
  /** KAFKA_PARTITIONS: of the first generation of the topic. */
  readonly firstPartitions: number
  /** How long a look at the generations of the topic holds. */
  readonly placeLeaseMs: number
  /** Whose offsets tell what can be queried. */
  readonly consumerGroup: string
  /** Over how many ClickHouses events are spread, each with a group of its own. */
  readonly shards: number
  readonly registry: RegistryConfig
  /** `null`: `AUTH_MODE=off`. */
  readonly writeKeysFile: string | null
  /** Empty: schemas/events of this checkout. */
  readonly plansDir: string
  readonly planRules: PlanRules
  readonly settings: IngestSettings
  readonly warnings: readonly string[]
}

/** @throws {ConfigError} with every problem at once. */
export function readIngestConfig(environment: NodeJS.ProcessEnv = process.env): IngestConfig {
  const problems = [
    ...keyFileProblems(environment),
    ...timestampProblems(environment),
    ...portProblems(environment),
  ]
  const { config, warnings } = readKnowing(problems, environment)
  const topics = topicNames(config.KAFKA_TOPIC)
  const rules: EventRules = {
    ...EVENT_RULES,
    placeholderIds: new Set(config.EVENT_PLACEHOLDER_IDS.split(',')),
    earliestTimestampMs: parseTimestamp(config.EVENT_EARLIEST_TIMESTAMP)?.ms ?? 0,
    maxAheadMs: config.EVENT_MAX_DAYS_AHEAD * DAY_MS,
  }
  return {
    logLevel: config.LOG_LEVEL,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    host: config.HTTP_HOST || (config.AUTH_MODE === 'off' ? '127.0.0.1' : '0.0.0.0'),
    port: config.PORT,
    opsHost: config.OPS_HOST,
    opsPort: config.OPS_PORT,
    workers: config.WORKERS,
    kafka: kafkaConfigFrom(config),
    compression: config.KAFKA_COMPRESSION,
    erasedTopic: erasedTopic(config.KAFKA_TOPIC),
    firstPartitions: config.KAFKA_PARTITIONS,
    placeLeaseMs: placeLeaseFrom(environment),
    shards: config.CLICKHOUSE_SHARDS,
    consumerGroup: consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC),
    registry: registryConfigFrom(config),
    writeKeysFile: config.AUTH_MODE === 'off' ? null : config.WRITE_KEYS_FILE,
    plansDir: config.TRACKING_PLANS_DIR,
    planRules: {
      defaultMode: config.TRACKING_PLAN_MODE,
      unplanned: config.TRACKING_PLAN_UNPLANNED,
    },
    settings: {
      ...ingestSettings(topics, config.KAFKA_PARTITIONS, config.CLICKHOUSE_SHARDS),
      rules,
      allowedOrigins: originsFrom(config.CORS_ORIGINS),
      rateLimits: rateLimitRulesFrom(config),
    },
    warnings,
  }
}

function originsFrom(list: string): AllowedOrigins {
  const origins = list.split(',').map((origin) => origin.trim())
  return origins.includes('*') ? null : new Set(origins)
}

/** Problems between variables join those of single variables in one report. */
function readKnowing(problems: readonly ConfigProblem[], environment: NodeJS.ProcessEnv) {
  try {
    const read = readConfig(ingestVariables, environment)
    if (problems.length === 0) return read
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError([...error.problems, ...problems])
  }
  throw new ConfigError(problems)
}

/** Without a key file nobody can tell who sends: that must be said, not happen. */
function keyFileProblems(environment: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  const { AUTH_MODE: mode = '', WRITE_KEYS_FILE: path = '' } = environment
  if (mode !== '' && mode !== 'keys') return []
  const variable = 'WRITE_KEYS_FILE'
  if (path === '') {
    const rule = 'the path of a key file; AUTH_MODE=off if anybody may write'
    return [{ variable, value: undefined, rule }]
  }
  try {
    parseWriteKeys(readFileSync(path, 'utf8'))
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [{ variable, value: path, rule: `a readable key file: ${reason}` }]
  }
}

function portProblems(environment: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  const { PORT: port = '', OPS_PORT: value = '' } = environment
  if (port !== value || port === '' || Number(port) === 0) return []
  return [{ variable: 'OPS_PORT', value, rule: 'another port than PORT' }]
}

function timestampProblems(environment: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  const variable = 'EVENT_EARLIEST_TIMESTAMP'
  const value = environment[variable]
  if (value === undefined || value === '') return []
  const ms = parseTimestamp(value)?.ms
  if (ms !== undefined && ms >= EARLIEST_POSSIBLE_MS) return []
  const rule = 'a timestamp such as 2000-01-01T00:00:00Z, not before 1900: ClickHouse knows none'
  return [{ variable, value, rule }]
}
