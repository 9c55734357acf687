import { ClickHouseFailure } from '../errors/failure.ts'
import type { ClickHouse } from './clickhouse.ts'

/** Which of several ClickHouses one is, as it says itself: setup wrote it there. */
export interface ShardSaid {
  /** From 1. */
  readonly shard: number
  readonly shards: number
}

/** The table `shard` says more than one thing: it is none of those that anybody may be told of. */
export class OtherRows extends Error {
  constructor(said: readonly ShardSaid[]) {
    const all = said.map(({ shard, shards }) => `${shard} of ${shards}`).join(' and ')
    super(`table shard says ${all}: only one of them can be so, delete the others`)
    this.name = 'OtherRows'
  }
}

const UNKNOWN_TABLE = 60

/**
 * What the table `shard` says.
 *
 * @returns `null`: no table, of a release before shards, or no row. @throws {ClickHouseFailure} @throws {OtherRows}
 */
export async function readShard(clickhouse: Pick<ClickHouse, 'query'>): Promise<ShardSaid | null> {
  try {
    // Of replicas the one that answers must have the row, which was written with a quorum: see `claimShard`.
    const rows = await clickhouse.query<ShardSaid>(
      'SELECT DISTINCT shard, shards FROM shard ORDER BY shards DESC, shard SETTINGS select_sequential_consistency = 1',
    )
    if (rows.length > 1) throw new OtherRows(rows)
    return rows[0] ?? null
  } catch (error) {
    if (error instanceof ClickHouseFailure && error.failure.code === UNKNOWN_TABLE) return null
    throw error
  }
}

/** What the configuration says of one ClickHouse. */
export interface ShardNamed extends ShardSaid {
  readonly url: string
}

/**
 * Why nothing may be written into a ClickHouse under that name, nor anything read as if it were all of that shard;
 * `null` when it may. One that says nothing is the only one there is, as all were before there were shards.
 */
export function shardProblem(named: ShardNamed, said: ShardSaid | null): string | null {
  const asNamed = `${named.shard} of ${named.shards}`
  const { shard, shards } = said ?? { shard: 1, shards: 1 }
  if (shard === named.shard && shards === named.shards) return null
  const names =
    named.shards === 1
      ? `${named.url} is configured as the only ClickHouse`
      : `CLICKHOUSE_SHARD_URLS names ${named.url} as shard ${asNamed}`
  if (said === null) return `${names}, it does not say which it is: run \`npm run setup\``
  if (shards === named.shards) {
    return `${names}, it says that it is shard ${shard} of ${shards}: give them in the order of the first setup`
  }
  const itIs = shards === 1 ? 'the only one' : `shard ${shard} of ${shards}`
  return `${names}, it says that it is ${itIs}: the number of shards of a database never changes; other shards are other databases, filled from Kafka`
}
