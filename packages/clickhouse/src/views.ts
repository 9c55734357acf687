import type { ClickHouseClient } from '@clickhouse/client'
import type { ViewOnTable } from './connection.ts'
import { query } from './requests.ts'

/** Those of schemas/clickhouse. */
const OURS: ReadonlySet<string> = new Set(['events_hourly_feed'])

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
  return rows.map(({ database, name, own }) => ({
    database,
    name,
    isOurs: own === 1 && OURS.has(name),
  }))
}
