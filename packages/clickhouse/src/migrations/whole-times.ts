import type { ClickHouse } from '../client/clickhouse.ts'
import { MigrationError } from './migrations.ts'

/**
 * A table of events that keeps whole times was made before the first release. `CREATE TABLE IF NOT EXISTS` is content
 * with it, the consumer could not insert into it.
 *
 * @throws {MigrationError} with what to do about it. @throws {ClickHouseFailure}
 */
export async function refuseWholeTimes(clickhouse: ClickHouse): Promise<void> {
  const whole = await clickhouse.query<{ readonly name: string }>(
    `SELECT name FROM system.columns
     WHERE database = {database:String} AND table = 'events' AND default_kind != 'ALIAS'
       AND name IN ('sent_at', 'received_at', 'inserted_at') ORDER BY position`,
    { database: clickhouse.database },
  )
  if (whole.length === 0) return
  throw new MigrationError([
    `table events was made by a version before 0.1.0: it keeps ${whole.map(({ name }) => name).join(', ')} whole, ` +
      'and is now expected to keep differences. Nothing was changed. Move its rows into a new table as ' +
      'docs/operators.md says under "Tables made before 0.1.0", or name another CLICKHOUSE_DATABASE',
  ])
}
