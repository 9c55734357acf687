import { ClickHouseFailure } from '@custom-events/clickhouse'
import { KafkaProblem, SchemaRegistryError, TopicsRefused } from '@custom-events/kafka'
import { redact } from '@custom-events/runtime'
import { clickhouseFix, isAnswered } from './clickhouse-fix.ts'
import { httpMismatch, tlsMismatch } from './speaks.ts'

/** Something of Kafka did not become ready in time, for a reason that says what to do. */
export class NotReady extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotReady'
  }
}

/** A step of a command that failed: what was being done, and what to look at. */
export class StepError extends Error {
  constructor(doing: string, fix: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(redact(`${doing} failed: ${reason}\n  fix: ${fix}`), { cause })
    this.name = 'StepError'
  }
}

/** What to do, told by what went wrong; looking at the server may take seconds. */
export type Fix = string | ((error: unknown) => string | Promise<string>)

/** @throws {StepError} */
export async function step<T>(name: string, fix: Fix, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new StepError(name, typeof fix === 'string' ? fix : await fix(error), error)
  }
}

/** What to look at when a server cannot be used. Whether it runs is asked only when nobody answered. */
export const fix = {
  plans: (config: { readonly TRACKING_PLANS_DIR: string }): Fix =>
    `mend the plan in TRACKING_PLANS_DIR=${config.TRACKING_PLANS_DIR}; nothing was set up`,
  kafka,
  /** Of a step that asks both. */
  kafkaOrClickHouse:
    (config: KafkaValues & ClickHouseValues): Fix =>
    (error) =>
      error instanceof ClickHouseFailure ? clickhouse(config)(error) : kafka(config)(error),
  registry:
    (config: { readonly SCHEMA_REGISTRY_URL: string }): Fix =>
    async (error) => {
      const at = `SCHEMA_REGISTRY_URL=${config.SCHEMA_REGISTRY_URL}`
      if (error instanceof SchemaRegistryError && error.remedy !== null) {
        return `${error.remedy} (${at})`
      }
      const mismatch = await httpMismatch('SCHEMA_REGISTRY_URL', config.SCHEMA_REGISTRY_URL)
      return mismatch ?? `is a schema registry running at ${at}?`
    },
  clickhouse,
  logs: (config: { readonly CLICKHOUSE_DATABASE: string }): Fix =>
    `may this Kafka user DESCRIBE the topics, and this ClickHouse user SELECT and INSERT in ${config.CLICKHOUSE_DATABASE}.kafka_logs?`,
  tables: clickhouse,
}

interface KafkaValues {
  readonly KAFKA_BROKERS: readonly string[]
  readonly KAFKA_TLS_ENABLED: boolean
}

function kafka(config: KafkaValues) {
  return async (error: unknown): Promise<string> => {
    const at = `KAFKA_BROKERS=${config.KAFKA_BROKERS.join(',')}`
    if (error instanceof TopicsRefused) return `as it says above, then run setup again (${at})`
    if (error instanceof KafkaProblem && !error.isUnreachable) return `${error.remedy} (${at})`
    const mismatch = await tlsMismatch(config.KAFKA_BROKERS, config.KAFKA_TLS_ENABLED, {
      tls: 'set KAFKA_TLS_ENABLED=true',
      plain: 'set KAFKA_TLS_ENABLED=false, or name the port that has TLS in KAFKA_BROKERS',
    })
    if (mismatch !== null) return mismatch
    return error instanceof NotReady ? `as it says above (${at})` : `is Kafka running at ${at}?`
  }
}

interface ClickHouseValues {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_SHARD_URLS?: readonly string[]
}

function clickhouse(config: ClickHouseValues) {
  return async (error: unknown): Promise<string> => {
    const server = error instanceof ClickHouseFailure ? error.server : null
    const mismatch = isAnswered(error)
      ? null
      : server === null
        ? await httpMismatch('CLICKHOUSE_URL', config.CLICKHOUSE_URL)
        : await httpMismatch('CLICKHOUSE_SHARD_URLS', server.url)
    return mismatch ?? clickhouseFix(config, error)
  }
}
