import {
  allShardsDatabase,
  allShardsSql,
  askShardOfEachSql,
  claimProblem,
  claimShard,
  ClickHouseFailure,
  clusterProblem,
  shardOfEachSql,
  type ClickHouse,
  type OpenShard,
} from '@custom-events/clickhouse'
import type { SetupConfig } from '../config.ts'
import { OtherShards } from './open.ts'

/** Nothing was made yet where it is another shard than the configuration says. @throws {OtherShards | ClickHouseFailure} */
export async function mustBeClaimable(shard: OpenShard): Promise<void> {
  const problem = claimProblem(shard.clickhouse, shard).catch((error: unknown) => {
    // Of the only one: where there is no table `shard` yet, its user need not have a right to it.
    const isDenied = error instanceof ClickHouseFailure && error.failure.code === ACCESS_DENIED
    if (isDenied && shard.shards === 1) return null
    throw error
  })
  throwIfOther(await problem)
}

const ACCESS_DENIED = 497

/** Writes down which shard it is. @throws {OtherShards | ClickHouseFailure} */
export async function claim(shard: OpenShard): Promise<void> {
  throwIfOther(await claimShard(shard.clickhouse, shard))
}

function throwIfOther(problem: string | null): void {
  if (problem !== null) throw new OtherShards([problem])
}

/**
 * Tables over all shards, on one of them; ON CLUSTER they are on its replicas too. The cluster is asked first which shards it has:
 * of one that it lacks, or has twice, every answer would be wrong, and nobody would see it.
 *
 * @throws {ClickHouseFailure | OtherShards}
 */
export async function setUpAllShards(
  { clickhouse, shards }: Pick<OpenShard, 'shards'> & { readonly clickhouse: Asked },
  config: Pick<SetupConfig, 'CLICKHOUSE_CLUSTER' | 'CLICKHOUSE_SHARDS_CLUSTER'>,
  print: (line: string) => void,
): Promise<void> {
  const { database } = clickhouse
  const place = {
    database,
    shards,
    shardsCluster: config.CLICKHOUSE_SHARDS_CLUSTER,
    cluster: config.CLICKHOUSE_CLUSTER,
  }
  for (const statement of shardOfEachSql(place)) await clickhouse.command(statement)
  throwIfOther(clusterProblem(place, await clickhouse.query(askShardOfEachSql(database))))
  for (const statement of allShardsSql(place)) await clickhouse.command(statement)
  print(`database ${allShardsDatabase(database)}: tables over all shards`)
}

type Asked = Pick<ClickHouse, 'command' | 'query' | 'database'>
