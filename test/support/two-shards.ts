import { randomUUID } from 'node:crypto'
import { createLogger } from '@custom-events/runtime'
import { readSetupConfig, setUp } from '@custom-events/cli'
import {
  claimShard,
  createClickHouse,
  keysDatabase,
  migrate,
  type ClickHouse,
} from '@custom-events/clickhouse'
import { startClickHouse, type OwnClickHouse } from '@custom-events/embedded'
import { servers } from './servers.ts'

/** Two ClickHouses, each in a process of its own, beside one Kafka with topics of its own. */
export interface TwoShards extends AsyncDisposable {
  /** In the order of the shards. */
  readonly servers: readonly [OwnClickHouse, OwnClickHouse]
  readonly shards: readonly [ClickHouse, ClickHouse]
  /** Of their databases of keys. */
  readonly keys: readonly [ClickHouse, ClickHouse]
  /** Variables of every command. */
  readonly environment: Readonly<Record<string, string>>
  /** What setup makes in ClickHouse and commands need, without the rest. */
  readonly makeTables: () => Promise<void>
  /** @returns what setup printed */
  readonly setUp: (changed?: Readonly<Record<string, string>>) => Promise<string>
}

/** The same user and password on both, as it must be. */
const credentials = { user: 'default', password: randomUUID() }
const CLICKHOUSE_DATABASE = 'custom_events'

/** @param options.isWithKafka else there is none: for commands that need none. */
export async function openTwoShards({
  isWithKafka,
}: {
  readonly isWithKafka: boolean
}): Promise<TwoShards> {
  await using resources = new AsyncDisposableStack()
  const shared = isWithKafka ? resources.use(await servers()).environment : {}
  const start = async () =>
    resources.use(await startClickHouse({ credentials, database: CLICKHOUSE_DATABASE }))
  const [one, two] = await Promise.all([start(), start()])
  const environment = {
    ...shared,
    CLICKHOUSE_URL: 'http://127.0.0.1:9', // nobody is to ask it
    CLICKHOUSE_USER: credentials.user,
    CLICKHOUSE_PASSWORD: credentials.password,
    CLICKHOUSE_SHARD_URLS: `${one.url},${two.url}`,
    CLICKHOUSE_DATABASE,
    KAFKA_TOPIC: `events.tracked.${randomUUID().slice(0, 8)}`,
  }
  const open = (database: string): [ClickHouse, ClickHouse] => {
    const at = ({ environment: login }: OwnClickHouse) =>
      resources.use(createClickHouse({ ...login, CLICKHOUSE_DATABASE: database }))
    return [at(one), at(two)]
  }
  const shards = open(CLICKHOUSE_DATABASE)
  const keys = open(keysDatabase(CLICKHOUSE_DATABASE))
  const owned = resources.move()
  return {
    servers: [one, two],
    shards,
    keys,
    environment,
    makeTables: async () => {
      const log = createLogger({ service: 'test', level: 'silent' })
      for (const [at, clickhouse] of shards.entries()) {
        await migrate({ clickhouse, log })
        await claimShard(clickhouse, { shard: at + 1, shards: 2, url: '' })
      }
    },
    setUp: async (changed = {}) => {
      const read = readSetupConfig({ ...environment, LOG_LEVEL: 'error', ...changed })
      let said = ''
      await setUp(read.config, read.log, (line) => void (said += `${line}\n`))
      return said
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** An event as the consumer of its shard inserts it. */
export interface ShardEvent {
  readonly group: string
  readonly user: string
  readonly id: string
  /** @default a second after it happened */
  readonly receivedAt?: string
}

export async function insertEvents(
  clickhouse: ClickHouse,
  events: readonly ShardEvent[],
): Promise<void> {
  const rows = events.map(({ group, user, id, receivedAt = '2024-03-05 10:00:01.000' }, index) =>
    JSON.stringify({
      group_id: group,
      event: 'tested',
      timestamp: '2024-03-05 10:00:00.000',
      event_id: id,
      user_id: user,
      properties: `{"secret":"of ${user}"}`,
      set_received_at: receivedAt,
      version: 1_000 + index,
    }),
  )
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, user_id, properties, set_received_at, version)
     FORMAT JSONEachRow\n${rows.join('\n')}`,
  )
}

export async function countRows(clickhouse: ClickHouse, from: string): Promise<number> {
  const [row] = await clickhouse.query<{ readonly n: string }>(`SELECT count() AS n FROM ${from}`)
  return Number(row?.n)
}
