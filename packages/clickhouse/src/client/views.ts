import type { ClickHouseClient } from '@clickhouse/client'
import type { ViewOnTable } from './clickhouse.ts'
import { query } from './requests.ts'

/** Those of schemas/clickhouse, and the tables that they fill: what hangs on these is filled by the same insert. */
const TARGET_OF_OURS: ReadonlyMap<string, string> = new Map([
  ['events_hourly_feed', 'events_hourly'],
])

interface Row {
  readonly database: string
  readonly name: string
  readonly own: number
}

/** @throws {ClickHouseFailure} */
export async function viewsOn(
  client: ClickHouseClient,
  table: string,
): Promise<readonly ViewOnTable[]> {
  const rows = await query<Row>(
    client,
    `SELECT view.1 AS database, view.2 AS name, database = currentDatabase() AS own
     FROM (
       SELECT arrayJoin(arrayZip(dependencies_database, dependencies_table)) AS view
       FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
     )
     ORDER BY database, name`,
    { table },
  )
  const direct = rows.map(({ database, name, own }) => ({
    database,
    name,
    isOurs: own === 1 && TARGET_OF_OURS.has(name),
  }))
  const behind = await Promise.all(
    direct.flatMap(({ name, isOurs }) => {
      const target = TARGET_OF_OURS.get(name)
      return isOurs && target !== undefined ? [viewsOn(client, target)] : []
    }),
  )
  return [...direct, ...behind.flat()]
}
