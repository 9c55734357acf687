import { randomUUID } from 'node:crypto'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { createClickHouse, keysDatabase, type ClickHouse } from '@custom-events/clickhouse'
import { servers } from '../support/servers.ts'

interface TestShard {
  /** As commands name it; empty: there is only one. */
  readonly name: string
  readonly replicas: readonly [ClickHouse, ...ClickHouse[]]
}

/** What cluster.test.ts runs on. */
export interface TestCluster extends AsyncDisposable {
  readonly shards: readonly [TestShard, ...TestShard[]]
  readonly database: string
  /** Variables of every command. */
  readonly environment: Readonly<Record<string, string>>
  /** @returns what it printed */
  readonly setUp: () => Promise<string>
}

const {
  CLICKHOUSE_TEST_CLUSTER = '',
  CLICKHOUSE_TEST_CLUSTER_NAME = '',
  CLICKHOUSE_TEST_CLUSTER_REPLICAS = '',
  CLICKHOUSE_TEST_CLUSTER_USER = 'default',
  CLICKHOUSE_TEST_CLUSTER_PASSWORD = '',
} = process.env

/** @returns why nothing is tried on a cluster here, or `null` when it is; for `skip`. */
export function whyNoCluster(): string | null {
  if (CLICKHOUSE_TEST_CLUSTER === '') {
    return 'NOT TESTED: CLICKHOUSE_TEST_CLUSTER names no ClickHouse servers, so that replicas, quorums and tables over all shards ran on none'
  }
  return CLICKHOUSE_TEST_CLUSTER_NAME === ''
    ? 'NOT TESTED: CLICKHOUSE_TEST_CLUSTER_NAME names no cluster that has the servers of CLICKHOUSE_TEST_CLUSTER'
    : null
}

/** Kafka of the other tests, and a database of its own on every server. */
export async function openCluster(): Promise<TestCluster> {
  await using resources = new AsyncDisposableStack()
  const shared = resources.use(await servers())
  const id = randomUUID().slice(0, 8)
  const database = `test_${id}`
  const addresses = CLICKHOUSE_TEST_CLUSTER.split(',').map((shard) => shard.split('|'))
  const { CLICKHOUSE_URL: _, ...others } = shared.environment
  const login = {
    CLICKHOUSE_USER: CLICKHOUSE_TEST_CLUSTER_USER,
    CLICKHOUSE_PASSWORD: CLICKHOUSE_TEST_CLUSTER_PASSWORD,
    CLICKHOUSE_DATABASE: database,
  }
  const open = (url: string): ClickHouse =>
    resources.use(
      createClickHouse({ ...login, CLICKHOUSE_URL: url, CLICKHOUSE_INSERT_QUORUM: 'auto' }),
    )
  const shardOf = (urls: readonly string[], at: number): TestShard => {
    const [first = '', ...more] = urls
    const name = addresses.length === 1 ? '' : `shard ${at + 1} of ${addresses.length}`
    return { name, replicas: [open(first), ...more.map(open)] }
  }
  const [first = [], ...more] = addresses
  const shards = [shardOf(first, 0), ...more.map((urls, at) => shardOf(urls, at + 1))] as const
  for (const { replicas } of shards) {
    for (const name of [database, keysDatabase(database), `${database}_all`]) {
      resources.defer(async () => {
        for (const replica of replicas)
          await replica.command(`DROP DATABASE IF EXISTS ${name} SYNC`)
      })
    }
  }
  const environment = {
    ...others,
    ...login,
    CLICKHOUSE_SHARD_URLS: addresses.map(([url = '']) => url).join(),
    CLICKHOUSE_SHARDS_CLUSTER: CLICKHOUSE_TEST_CLUSTER_NAME,
    CLICKHOUSE_CLUSTER: CLICKHOUSE_TEST_CLUSTER_REPLICAS,
    CLICKHOUSE_REPLICATED: String(CLICKHOUSE_TEST_CLUSTER_REPLICAS !== ''),
    KAFKA_TOPIC: `events.tracked.${id}`,
    KAFKA_PARTITIONS: String(addresses.length * 6),
  }
  const owned = resources.move()
  return {
    shards,
    database,
    environment,
    setUp: async () => {
      const { config, log } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
      let said = ''
      await setUp(config, log, (line) => void (said += `${line}\n`))
      return said
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
