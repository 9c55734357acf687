import type { ClickHouse } from '../client/clickhouse.ts'
import { everywhere, onCluster, type Servers } from '../client/cluster.ts'

/** Mutations that fill columns of one month, on all servers. */
export interface Mutations {
  readonly running: number
  /** Parts that they have to do. */
  readonly left: number
  /** Why one goes no further, or empty. */
  readonly failure: string
}

/** Not by their ids, which are each server's own. */
const OF_MONTH = `database = {database:String} AND table = 'events' AND NOT is_done
  AND command LIKE '%MATERIALIZE COLUMN%' AND position(command, {partition:String}) > 0`

/** @throws {ClickHouseFailure} */
export async function readMutations(
  { clickhouse, cluster }: Servers,
  month: string,
): Promise<Mutations> {
  const [mutations] = await clickhouse.query<Mutations>(
    `SELECT toUInt32(count()) AS running, toUInt32(sum(to_do)) AS left, max(reason) AS failure
     FROM (
       SELECT any(m.parts_to_do) AS to_do, any(m.latest_fail_reason) AS reason
       FROM ${everywhere('system.mutations', cluster)} AS m
       WHERE ${OF_MONTH} AND NOT is_killed
       GROUP BY hostName(), mutation_id)`,
    ofMonth(clickhouse, month),
  )
  return mutations ?? { running: 0, left: 0, failure: '' }
}

/** @throws {ClickHouseFailure} */
export async function killMutations(
  { clickhouse, cluster }: Servers,
  month: string,
): Promise<void> {
  await clickhouse.command(
    `KILL MUTATION ${onCluster(cluster)} WHERE ${OF_MONTH}`,
    ofMonth(clickhouse, month),
  )
}

function ofMonth({ database }: ClickHouse, month: string) {
  return { database, partition: `IN PARTITION ID '${month}'` }
}
