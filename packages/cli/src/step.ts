import { KafkaProblem, SchemaRegistryError, TopicsRefused } from '@custom-events/kafka'
import { redact } from '@custom-events/service'
import { clickhouseFix } from './clickhouse-fix.ts'

/** A step of a command that failed: what was being done, and what to look at. */
export class StepError extends Error {
  constructor(doing: string, fix: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(redact(`${doing} failed: ${reason}\n  fix: ${fix}`), { cause })
    this.name = 'StepError'
  }
}

/** What to do, told by what went wrong. */
export type Fix = string | ((error: unknown) => string)

/** @throws {StepError} */
export async function step<T>(name: string, fix: Fix, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new StepError(name, typeof fix === 'string' ? fix : fix(error), error)
  }
}

/** What to look at when a server cannot be used. Whether it runs is asked only when nobody answered. */
export const fix = {
  plans: (config: { readonly TRACKING_PLANS_DIR: string }): Fix =>
    `mend the plan in TRACKING_PLANS_DIR=${config.TRACKING_PLANS_DIR}; nothing was set up`,
  kafka:
    (config: { readonly KAFKA_BROKERS: readonly string[] }): Fix =>
    (error) => {
      const at = `KAFKA_BROKERS=${config.KAFKA_BROKERS.join(',')}`
      if (error instanceof TopicsRefused) return `as it says above, then run setup again (${at})`
      if (error instanceof KafkaProblem && !error.isUnreachable) return `${error.remedy} (${at})`
      return `is Kafka running at ${at}?`
    },
  registry:
    (config: { readonly SCHEMA_REGISTRY_URL: string }): Fix =>
    (error) => {
      const at = `SCHEMA_REGISTRY_URL=${config.SCHEMA_REGISTRY_URL}`
      return error instanceof SchemaRegistryError && error.remedy !== null
        ? `${error.remedy} (${at})`
        : `is a schema registry running at ${at}, and is it http or https?`
    },
  clickhouse:
    (config: { readonly CLICKHOUSE_URL: string }): Fix =>
    (error) =>
      clickhouseFix(config, error),
  logs: (config: { readonly CLICKHOUSE_DATABASE: string }): Fix =>
    `may this Kafka user DESCRIBE the topics, and this ClickHouse user SELECT and INSERT in ${config.CLICKHOUSE_DATABASE}.kafka_logs?`,
  tables:
    (config: { readonly CLICKHOUSE_URL: string }): Fix =>
    (error) =>
      clickhouseFix(config, error),
}
