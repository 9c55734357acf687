import { startStack } from '@custom-events/embedded'
import { startContainers } from './containers.ts'
import type { Servers } from './server-addresses.ts'

/** The one place where servers come from: embedded, or testcontainers with `STACK=containers`. */
export function startServers(onProgress: (line: string) => void = () => {}): Promise<Servers> {
  return process.env['STACK'] === 'containers' ? startContainers() : startStack({ onProgress })
}

/** The servers that `npm test` shares between test files, or new ones for a file run by itself. */
export async function servers(): Promise<Servers> {
  const {
    TEST_KAFKA_BROKERS: KAFKA_BROKERS,
    TEST_SCHEMA_REGISTRY_URL: SCHEMA_REGISTRY_URL,
    TEST_CLICKHOUSE_URL: CLICKHOUSE_URL,
    TEST_CLICKHOUSE_USER: CLICKHOUSE_USER = 'default',
    TEST_CLICKHOUSE_PASSWORD: CLICKHOUSE_PASSWORD = '',
  } = process.env
  if (!KAFKA_BROKERS || !SCHEMA_REGISTRY_URL || !CLICKHOUSE_URL) return startServers()
  return {
    environment: {
      KAFKA_BROKERS,
      SCHEMA_REGISTRY_URL,
      CLICKHOUSE_URL,
      CLICKHOUSE_USER,
      CLICKHOUSE_PASSWORD,
    },
    [Symbol.asyncDispose]: async () => {}, // their owner stops them
  }
}
