import { atShard, shardUrls } from '@custom-events/runtime'
import { ClickHouseFailure } from '../errors/failure.ts'
import type { ClickHouse } from './clickhouse.ts'
import { createClickHouse, type ClickHouseConfig, type ClickHouseOptions } from './connection.ts'
import type { ShardNamed } from './shard.ts'

/** One of the ClickHouses that events are spread over; where there is one, that one. */
export interface OpenShard extends ShardNamed {
  /** For a person, `shard 2 of 2`; empty where there is one. */
  readonly name: string
  readonly clickhouse: ClickHouse
}

export type OpenShards = readonly [OpenShard, ...OpenShard[]]

export interface ShardedConfig extends ClickHouseConfig {
  readonly CLICKHOUSE_SHARD_URLS?: readonly string[]
}

/**
 * Every shard, in their order. Opens no connection yet. Failures of one of several say which it is.
 *
 * @param resources closes them.
 */
export function openShards(
  config: ShardedConfig,
  resources: AsyncDisposableStack,
  options: ClickHouseOptions = {},
): OpenShards {
  const [first, ...others] = shardUrls(config)
  const shards = others.length + 1
  const open = (url: string, index: number): OpenShard => {
    const shard = index + 1
    const name = shards === 1 ? '' : `shard ${shard} of ${shards}`
    const clickhouse = resources.use(createClickHouse(atShard(config, shard), options))
    const named = name === '' ? clickhouse : saying(clickhouse, { name, url })
    return { shard, shards, url, name, clickhouse: named }
  }
  return [open(first, 0), ...others.map((url, index) => open(url, index + 1))]
}

/** The same, which says in its failures which of several it is. */
function saying(clickhouse: ClickHouse, server: { name: string; url: string }): ClickHouse {
  const told = (error: unknown): never => {
    throw error instanceof ClickHouseFailure ? error.of(server) : error
  }
  return {
    ...clickhouse,
    insertNative: (insert) => clickhouse.insertNative(insert).catch(told),
    recordsPresent: (question) => clickhouse.recordsPresent(question).catch(told),
    highestOffsets: (question) => clickhouse.highestOffsets(question).catch(told),
    viewsOn: (table) => clickhouse.viewsOn(table).catch(told),
    query: <Row>(sql: string, params?: Readonly<Record<string, unknown>>) =>
      clickhouse.query<Row>(sql, params).catch(told),
    stream: async function* (request) {
      try {
        yield* clickhouse.stream(request)
      } catch (error) {
        told(error)
      }
    },
    command: (sql, params) => clickhouse.command(sql, params).catch(told),
    createDatabase: (onCluster) => clickhouse.createDatabase(onCluster).catch(told),
  }
}
