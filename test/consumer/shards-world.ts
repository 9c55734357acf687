import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { startClickHouse, type OwnClickHouse } from '@custom-events/embedded'
import { partitionOf } from '@custom-events/event'
import { topicNames, type TopicNames } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { QUICK_LEASE } from '../kafka/growing.ts'
import { eventually } from '../support/eventually.ts'
import type { Servers } from '../support/server-addresses.ts'
import { spawnConsumer, type ConsumerProcess } from './world.ts'

export const SHARDS = 2
export const PARTITIONS = 4

/** The account is on this shard, by its id alone. */
export function shardOf(account: string): number {
  return partitionOf(account, SHARDS) + 1
}

export interface ShardWorld extends AsyncDisposable {
  readonly topics: TopicNames
  /** The variables of its services and commands; a consumer needs CLICKHOUSE_SHARD beside them. */
  readonly environment: Readonly<Record<string, string>>
  /** In their order. */
  readonly servers: readonly OwnClickHouse[]
  /** @param shard from 1 */
  query<Row>(shard: number, sql: string): Promise<Row[]>
  startConsumer(
    shard: number,
    environment?: Readonly<Record<string, string>>,
  ): Promise<ConsumerProcess>
}

/** Two ClickHouses that events are spread over, set up as an operator does. */
export async function createShardWorld(servers: Pick<Servers, 'environment'>): Promise<ShardWorld> {
  await using resources = new AsyncDisposableStack()
  const credentials = { user: 'default', password: randomUUID() }
  const id = randomUUID().slice(0, 8)
  const engines: OwnClickHouse[] = []
  for (let shard = 1; shard <= SHARDS; shard++) {
    engines.push(resources.use(await startClickHouse({ credentials, database: `test_${id}` })))
  }
  const urls = engines.map(({ url }) => url)
  const environment = {
    ...servers.environment,
    ...QUICK_LEASE,
    KAFKA_TOPIC: `events.tracked.${id}`,
    KAFKA_PARTITIONS: String(PARTITIONS),
    CLICKHOUSE_URL: 'http://127.0.0.1:1', // not read where shards are named
    CLICKHOUSE_USER: credentials.user,
    CLICKHOUSE_PASSWORD: credentials.password,
    CLICKHOUSE_DATABASE: `test_${id}`,
    CLICKHOUSE_SHARD_URLS: urls.join(','),
    CLICKHOUSE_SHARDS: String(SHARDS),
    LOG_LEVEL: 'warn',
  }
  const { config } = readSetupConfig(environment)
  const log = createLogger({ service: 'test', level: 'silent' })
  await eventually(() => setUp(config, log, () => {})) // idempotent; a topic just made may not be known to the broker at once
  const clients: ClickHouse[] = urls.map((url) =>
    resources.use(createClickHouse({ ...config, CLICKHOUSE_URL: url })),
  )
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-shards-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  let started = 0
  const owned = resources.move()
  return {
    topics: topicNames(environment.KAFKA_TOPIC),
    environment,
    servers: engines,
    query: async (shard, sql) => {
      const client = clients[shard - 1]
      if (client === undefined) throw new RangeError(`there is no shard ${shard}`)
      return client.query(sql)
    },
    startConsumer: async (shard, more = {}) =>
      owned.use(
        await spawnConsumer(join(folder, `consumer-${++started}.log`), {
          ...environment,
          KAFKA_SESSION_TIMEOUT_MS: '6000',
          BATCH_MAX_AGE_MS: '200',
          CLICKHOUSE_SHARD: String(shard),
          ...more,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
