import type { ClickHouse } from '../client/clickhouse.ts'
import { readShard, shardProblem, type ShardNamed } from '../client/shard.ts'
import { ClickHouseFailure } from '../errors/failure.ts'

type Asked = Pick<ClickHouse, 'query' | 'command' | 'database'>

/**
 * Why setup may not make a ClickHouse the shard that it is named as; asked before anything is changed. `null`: it is that
 * shard, or nothing yet. One that has rows and does not say what it is was the only one when they were written.
 *
 * @throws {ClickHouseFailure}
 */
export async function claimProblem(
  clickhouse: Pick<ClickHouse, 'query' | 'database'>,
  named: ShardNamed,
): Promise<string | null> {
  const said = await orNothing(readShard(clickhouse))
  if (said !== null) return shardProblem(named, said)
  return (await hasRows(clickhouse)) ? shardProblem(named, { shard: 1, shards: 1 }) : null
}

/**
 * Writes down which shard a ClickHouse is, unless it says so.
 *
 * @returns why it is another: somebody else has written it meanwhile. @throws {ClickHouseFailure}
 */
export async function claimShard(clickhouse: Asked, named: ShardNamed): Promise<string | null> {
  if ((await readShard(clickhouse)) === null) {
    const { shard, shards } = named
    // With a quorum: `readShard` asks for what such inserts have written. Tables without replicas pass it over.
    await clickhouse.command(
      `INSERT INTO shard (shard, shards) SELECT {shard:UInt8}, {shards:UInt8}
       SETTINGS async_insert = 0, insert_quorum = 'auto', insert_quorum_parallel = 0`,
      { shard, shards },
    )
  }
  return shardProblem(named, await readShard(clickhouse))
}

const UNKNOWN_DATABASE = 81

async function orNothing<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof ClickHouseFailure && error.failure.code === UNKNOWN_DATABASE) return null
    throw error
  })
}

async function hasRows({
  query,
  database,
}: Pick<ClickHouse, 'query' | 'database'>): Promise<boolean> {
  const rows = await orNothing(
    query<{ readonly name: string }>(
      `SELECT name FROM system.tables
       WHERE database = {database:String} AND name IN ('events', 'rejected_events', 'dead_letters') AND total_rows > 0`,
      { database },
    ),
  )
  return rows !== null && rows.length > 0
}
