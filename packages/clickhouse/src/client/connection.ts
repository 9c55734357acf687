import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { createTlsAgent, tlsFilesFrom } from '@custom-events/runtime'
import { highestOffsets, recordsPresent } from './read-back.ts'
import { quorumSettings } from './quorum.ts'
import { command, insertNative, MAX_EXECUTION_S, query } from './requests.ts'
import { stream } from './stream.ts'
import { viewsOn } from './views.ts'
import type { ClickHouse } from './clickhouse.ts'

/** The values of `clickhouseVariables`, as `readConfig` returns them; without files Node's own authorities are trusted. */
export interface ClickHouseConfig {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_USER: string
  readonly CLICKHOUSE_PASSWORD: string
  readonly CLICKHOUSE_DATABASE: string
  readonly CLICKHOUSE_TLS_CA_FILE?: string
  readonly CLICKHOUSE_TLS_CERT_FILE?: string
  readonly CLICKHOUSE_TLS_KEY_FILE?: string
  readonly CLICKHOUSE_TLS_KEY_PASSPHRASE?: string
  /** On how many replicas a block must be, or `auto`. @default 0, which is off */
  readonly CLICKHOUSE_INSERT_QUORUM?: string
}

export interface ClickHouseOptions {
  /** After so many seconds ClickHouse gives a query up (code 159), and soon after the client any request. */
  readonly queryLimitS?: number
}

/** More than ClickHouse's own limit of a query. */
const LONGER_MS = 5_000

/** Opens no connection yet; the first request does. */
export function createClickHouse(
  config: ClickHouseConfig,
  { queryLimitS = MAX_EXECUTION_S }: ClickHouseOptions = {},
): ClickHouse {
  const timeoutMs = queryLimitS * 1_000 + LONGER_MS
  const client = openClient(config, config.CLICKHOUSE_DATABASE, timeoutMs)
  const quorum = quorumSettings(config.CLICKHOUSE_INSERT_QUORUM)
  return {
    database: config.CLICKHOUSE_DATABASE,
    user: config.CLICKHOUSE_USER,
    insertNative: (insert) => insertNative(client, insert, quorum.ofInserts),
    recordsPresent: (question) => recordsPresent(client, question, quorum.ofReadBack),
    highestOffsets: (question) => highestOffsets(client, question, quorum.ofReadBack),
    viewsOn: (table) => viewsOn(client, table),
    query: (sql, params) => query(client, sql, params, { limitS: queryLimitS }),
    stream: (request) => stream(client, request),
    command: (sql, params) => command(client, sql, params),
    createDatabase: async (onCluster) => {
      // A request that names a missing database is refused, even if it is to create it.
      const outside = openClient(config, 'default', timeoutMs)
      try {
        await command(outside, `CREATE DATABASE IF NOT EXISTS {name:Identifier} ${onCluster}`, {
          name: config.CLICKHOUSE_DATABASE,
        })
      } finally {
        await outside.close()
      }
    },
    ping: async () => (await client.ping()).success,
    [Symbol.asyncDispose]: () => client.close(),
  }
}

function openClient(
  config: ClickHouseConfig,
  database: string,
  timeoutMs: number,
): ClickHouseClient {
  return createClient({
    url: config.CLICKHOUSE_URL,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    database,
    request_timeout: timeoutMs,
    application: 'custom-events',
    // Every failure reaches the caller, who logs it once with what it means.
    log: { level: 127 },
    ...byFiles(config),
  })
}

/** The client's own options take certificates once, and no passphrase. */
function byFiles(config: ClickHouseConfig): { http_agent?: ReturnType<typeof createTlsAgent> } {
  const passphrase = config.CLICKHOUSE_TLS_KEY_PASSPHRASE ?? ''
  const files = tlsFilesFrom('CLICKHOUSE', { ...config }, () => passphrase)
  return files === null ? {} : { http_agent: createTlsAgent(files, { keepAlive: true }) }
}
