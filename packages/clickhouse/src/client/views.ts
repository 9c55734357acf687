import type { ClickHouseClient } from '@clickhouse/client'
import type { ViewOnTable } from './clickhouse.ts'
import { query } from './requests.ts'

/** Our own rollups are not among them: they are refreshed, and no insert fills them. @throws {ClickHouseFailure} */
export async function viewsOn(
  client: ClickHouseClient,
  table: string,
): Promise<readonly ViewOnTable[]> {
  return query<ViewOnTable>(
    client,
    `SELECT view.1 AS database, view.2 AS name
     FROM (
       SELECT arrayJoin(arrayZip(dependencies_database, dependencies_table)) AS view
       FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
     )
     ORDER BY database, name`,
    { table },
  )
}
