import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keysDatabase } from '@custom-events/clickhouse'
import {
  clickhouseHeaders,
  startPipeline,
  type ClickHouseEnvironment,
  type Pipeline,
  type PipelineOptions,
} from '@custom-events/embedded'
import { servers } from './servers.ts'

/** A pipeline with a topic, a consumer group and a database of its own. */
export interface TestPipeline extends Pipeline {
  /** POST a JSON text to a path of ingest. */
  post(path: string, body: string): Promise<Response>
  /** Rows of a query as objects; table names need no database. */
  query<Row>(sql: string): Promise<readonly Row[]>
}

/**
 * @param options as of `startPipeline`; the environment is added to that of the test's own names.
 * @param options.servers @default those that the tests share
 */
export async function startTestPipeline(
  options: Partial<Pick<PipelineOptions, 'consumers' | 'environment' | 'ports' | 'servers'>> = {},
): Promise<TestPipeline> {
  await using resources = new AsyncDisposableStack()
  const addresses = options.servers ?? resources.use(await servers()).environment
  const id = randomUUID().slice(0, 8)
  const database = `test_${id}`
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-test-'))
  resources.defer(() => rmSync(logDir, { recursive: true }))
  const ask = (sql: string) => askClickHouse(addresses, database, sql)
  for (const name of [database, keysDatabase(database)]) {
    resources.defer(async () => void (await ask(`DROP DATABASE IF EXISTS ${name}`)))
  }

  const pipeline = resources.use(
    await startPipeline({
      ...options,
      servers: addresses,
      environment: {
        KAFKA_TOPIC: `events.tracked.${id}`,
        KAFKA_CONSUMER_GROUP: `consumer.${id}`,
        CLICKHOUSE_DATABASE: database,
        ...options.environment,
      },
      logDir,
    }),
  )
  const owned = resources.move()
  return {
    ...pipeline,
    post: (path, body) =>
      fetch(pipeline.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    query: async <Row>(sql: string) => {
      const text = await ask(`${sql} FORMAT JSONEachRow`)
      const lines = text.split('\n').filter(Boolean)
      return lines.map((line) => JSON.parse(line) as Row) // the caller knows its columns
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function askClickHouse(
  server: ClickHouseEnvironment,
  database: string,
  sql: string,
): Promise<string> {
  const response = await fetch(`${server.CLICKHOUSE_URL}/?database=${database}`, {
    method: 'POST',
    headers: clickhouseHeaders(server),
    body: sql,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${sql}: ${text}`)
  return text
}
