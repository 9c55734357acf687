import { everywhere, type Servers } from '../client/cluster.ts'

/** What is asked of a table of any size: the months one after the other, each in a query of its own. */
export type Asked = Pick<Servers, 'cluster'> & {
  readonly clickhouse: Pick<Servers['clickhouse'], 'query' | 'database'>
}

/** Conditions of one month each, which together mean every row of `events`. @throws {ClickHouseFailure} */
export async function monthsOfEvents({ clickhouse, cluster }: Asked): Promise<readonly string[]> {
  const parts = await clickhouse.query<{ readonly id: string }>(
    `SELECT DISTINCT partition_id AS id FROM ${everywhere('system.parts', cluster)}
     WHERE active AND database = {database:String} AND table = 'events' ORDER BY id`,
    { database: clickhouse.database },
  )
  return parts.map(({ id }) => `_partition_id = '${id.replaceAll(/\W/g, '')}'`)
}
