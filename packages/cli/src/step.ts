import { redact } from '@custom-events/service'

/** A step of a command that failed: what was being done, and what to look at. */
export class StepError extends Error {
  constructor(doing: string, fix: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(redact(`${doing} failed: ${reason}\n  fix: ${fix}`), { cause })
    this.name = 'StepError'
  }
}

/** @throws {StepError} */
export async function step<T>(name: string, fix: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new StepError(name, fix, error)
  }
}

/** What to look at when a server cannot be used. */
export const fix = {
  plans: (config: { readonly TRACKING_PLANS_DIR: string }): string =>
    `mend the plan in TRACKING_PLANS_DIR=${config.TRACKING_PLANS_DIR}; nothing was set up`,
  kafka: (config: { readonly KAFKA_BROKERS: readonly string[] }): string =>
    `is Kafka running at KAFKA_BROKERS=${config.KAFKA_BROKERS.join(',')}?`,
  registry: (config: { readonly SCHEMA_REGISTRY_URL: string }): string =>
    `is a schema registry running at SCHEMA_REGISTRY_URL=${config.SCHEMA_REGISTRY_URL}, and is BACKWARD_TRANSITIVE the rule of the subjects it has?`,
  clickhouse: (config: { readonly CLICKHOUSE_URL: string }): string =>
    `is ClickHouse running at CLICKHOUSE_URL=${config.CLICKHOUSE_URL}, and may the user create databases?`,
  tables: (config: { readonly CLICKHOUSE_URL: string }): string =>
    `is ClickHouse running at CLICKHOUSE_URL=${config.CLICKHOUSE_URL}, and was \`npm run setup\` run with this version?`,
}
