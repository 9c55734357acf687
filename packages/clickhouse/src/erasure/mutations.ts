import type { ClickHouse } from '../client/clickhouse.ts'
import { mustBeReadable } from './readable.ts'
import { mustHaveRoomToErase, untilThereIsRoom } from './room.ts'
import { everywhere, type Servers, onCluster } from '../client/cluster.ts'
import { ErasureStalled, untilNothingIsLeft, type Waiting } from './waiting.ts'

const LOOK_EVERY_MS = 200
/** Parts of others may be merged first, and a disk be slow; a mutation that no part is done of for so long is stuck. */
const STALLED_MS = 15 * 60_000

/**
 * Deletes rows so that no query sees them any more: ClickHouse marks them. Where a part has none it is left as it is.
 * Not by patches (`lightweight_update`): a restored backup would not have them (ClickHouse 90811).
 *
 * @param condition of hashes and numbers only: the text of a mutation is kept in a file.
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function hideRows(
  servers: Servers,
  { table, condition }: { readonly table: string; readonly condition: string },
  waiting: Waiting,
): Promise<void> {
  await mustHaveRoomToErase(servers, null)
  await servers.clickhouse.command(
    `DELETE FROM ${table} ${onCluster(servers.cluster)} WHERE ${condition}
     SETTINGS lightweight_deletes_sync = 0, lightweight_delete_mode = 'alter_update'`,
  )
  await untilMutated(servers, table, waiting)
}

/**
 * Writes the parts anew that have rows marked as deleted, month by month, without these rows. What was written is read before
 * the next month: what it was made of is on the disk for minutes only.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function rewriteParts(
  { servers, counting }: Record<'servers' | 'counting', Servers>,
  table: string,
  waiting: Waiting,
): Promise<void> {
  await untilMutated(servers, table, waiting)
  const parts = await markedParts(servers, table)
  for (const { partition } of parts) {
    waiting.onWaiting(`${table}: writing the parts of ${partition} anew`)
    await untilThereIsRoom(servers, { table, partition }, waiting)
    await servers.clickhouse.command(
      `ALTER TABLE ${table} ${onCluster(servers.cluster)} APPLY DELETED MASK IN PARTITION ID '${partition.replaceAll(/\W/g, '')}' SETTINGS mutations_sync = 0`,
    )
    await untilMutated(servers, table, waiting)
    await mustBeReadable(counting, { tables: [table], partition })
  }
  const left = await markedParts(servers, table)
  if (left.length > 0) {
    const where = left.map(({ partition, parts: count }) => `${count} of ${partition}`).join(', ')
    throw new ErasureStalled(`${table} still has parts with deleted rows: ${where}`)
  }
}

async function markedParts(
  { clickhouse, cluster }: Servers,
  table: string,
): Promise<readonly { readonly partition: string; readonly parts: number }[]> {
  return clickhouse.query(
    `SELECT partition_id AS partition, toUInt32(count()) AS parts FROM ${everywhere('system.parts', cluster)}
     WHERE active AND database = {database:String} AND table = {table:String} AND has_lightweight_delete
     GROUP BY partition ORDER BY partition`,
    { database: clickhouse.database, table },
  )
}

interface Unfinished {
  readonly running: number
  readonly left: number
  readonly failure: string
}

/** Waits for whatever deletes or changes rows of the table, whoever asked for it. @throws {ClickHouseFailure | ErasureStalled} */
export async function untilMutated(
  { clickhouse, cluster }: Servers,
  table: string,
  waiting: Waiting,
): Promise<void> {
  let [least, since] = [Infinity, performance.now()]
  await untilNothingIsLeft(waiting, { withinMs: STALLED_MS, everyMs: LOOK_EVERY_MS }, async () => {
    const { running, left, failure } = await readUnfinished(clickhouse, cluster, [table])
    if (running === 0) return null
    if (left < least) [least, since] = [left, performance.now()]
    const why = failure === '' ? '' : `: ${failure.slice(0, 300)}`
    const minutes = STALLED_MS / 60_000
    return {
      since,
      waiting: `${table}: ${left} parts left${why}`,
      stopped: `stopped while ClickHouse deletes from ${table}`,
      overdue: `no part of ${table} was done for ${minutes} minutes (system.mutations)${why}`,
    }
  })
}

/** Whether rows of one of the tables are being deleted or changed. @throws {ClickHouseFailure} */
export async function areMutated(
  { clickhouse, cluster }: Servers,
  tables: readonly string[],
): Promise<boolean> {
  return (await readUnfinished(clickhouse, cluster, tables)).running > 0
}

async function readUnfinished(
  clickhouse: Pick<ClickHouse, 'query' | 'database'>,
  cluster: string,
  tables: readonly string[],
): Promise<Unfinished> {
  const [unfinished] = await clickhouse.query<Unfinished>(
    `SELECT toUInt32(count()) AS running, toFloat64(sum(parts_to_do)) AS left, max(latest_fail_reason) AS failure
     FROM ${everywhere('system.mutations', cluster)}
     WHERE database = {database:String} AND has({tables:Array(String)}, table) AND NOT is_done AND NOT is_killed
       AND (position(command, '_row_exists') > 0 OR position(command, 'DELETE') > 0
         OR position(command, 'UPDATE') > 0)`,
    { database: clickhouse.database, tables },
  )
  return unfinished ?? { running: 0, left: 0, failure: '' }
}
