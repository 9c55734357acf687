import { everywhere, type Servers, onCluster } from '../client/cluster.ts'
import { ERASED_TABLES } from './erased-tables.ts'
import { mustBeReadable } from './readable.ts'
import { mustHaveRoomToErase } from './room.ts'
import { untilNothingIsLeft, type Waiting } from './waiting.ts'

const LOOK_EVERY_MS = 1_000
/** Queries that still read a part keep it for longer. */
const GONE_WITHIN_MS = 20 * 60_000
/**
 * ClickHouse keeps parts that were replaced for eight minutes, should the new ones not be written down when the power fails:
 * longer than the 30 s in which Linux does that is enough. A number that nobody chooses, so that it is known as ours.
 */
const KEPT_SECONDS = 61

/**
 * Waits until the parts that were replaced before now are off the disk, which is a minute instead of eight. A table for which
 * somebody has set how long they stay keeps that, and is waited for.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function untilPartsAreGone(
  { servers, counting }: Record<'servers' | 'counting', Servers>,
  waiting: Waiting,
): Promise<void> {
  await mustBeReadable(counting, ERASED_TABLES)
  const longest = Math.max(...(await readKept(servers)).map(({ own }) => own))
  await untilRemoved(servers, waiting, GONE_WITHIN_MS + longest * 1_000)
  await keepReplacedParts(servers)
}

/** Again and again while it is waited: another erasure, which ends, sets back what it finds. */
async function keepBriefly(servers: Servers): Promise<void> {
  if ((await defaultKept(servers)) <= KEPT_SECONDS) return
  const unset = (await readKept(servers)).filter(({ own }) => own === 0)
  await changeTables(servers, unset, `MODIFY SETTING old_parts_lifetime = ${KEPT_SECONDS}`)
}

/**
 * Before parts are replaced: what an erasure left that was killed while it waited is undone, so that they stay long enough
 * to be read.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function keepReplacedParts(servers: Servers): Promise<void> {
  const ours = (await readKept(servers)).filter(({ own }) => own === KEPT_SECONDS)
  await changeTables(servers, ours, 'RESET SETTING old_parts_lifetime')
}

interface Kept {
  readonly table: string
  /** Seconds that replaced parts of this table stay, as somebody has set it; 0: nobody has. */
  readonly own: number
}

async function readKept({ clickhouse }: Servers): Promise<readonly Kept[]> {
  return clickhouse.query(
    `SELECT name AS table, toUInt32OrZero(extract(engine_full, 'old_parts_lifetime = (\\d+)')) AS own
     FROM system.tables WHERE database = {database:String} AND has({tables:Array(String)}, name)`,
    { database: clickhouse.database, tables: ERASED_TABLES },
  )
}

async function defaultKept({ clickhouse }: Servers): Promise<number> {
  const [setting] = await clickhouse.query<{ readonly seconds: number }>(
    "SELECT toUInt32(value) AS seconds FROM system.merge_tree_settings WHERE name = 'old_parts_lifetime'",
  )
  return setting?.seconds ?? Infinity
}

async function changeTables(
  servers: Servers,
  tables: readonly Kept[],
  change: string,
): Promise<void> {
  const { clickhouse, cluster } = servers
  for (const { table } of tables) {
    await mustHaveRoomToErase(servers, null)
    await clickhouse.command(`ALTER TABLE ${table} ${onCluster(cluster)} ${change}`)
  }
}

async function untilRemoved(servers: Servers, waiting: Waiting, withinMs: number): Promise<void> {
  const { clickhouse, cluster } = servers
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now()) AS at')
  await untilNothingIsLeft(waiting, { withinMs, everyMs: LOOK_EVERY_MS }, async () => {
    const old = await clickhouse.query<{ readonly table: string; readonly parts: number }>(
      `SELECT table, toUInt32(count()) AS parts FROM ${everywhere('system.parts', cluster)}
       WHERE NOT active AND database = {database:String} AND has({tables:Array(String)}, table)
         AND remove_time <= toDateTime({at:String})
       GROUP BY table ORDER BY table`,
      { database: clickhouse.database, tables: ERASED_TABLES, at: now?.at },
    )
    if (old.length === 0) return null
    await keepBriefly(servers)
    const which = old.map(({ table, parts }) => `${parts} of ${table}`).join(', ')
    const minutes = Math.round(withinMs / 60_000)
    return {
      waiting: `replaced parts are still on the disk: ${which}`,
      stopped: `stopped while replaced parts are on the disk: ${which}`,
      overdue: `replaced parts are still on the disk after ${minutes} minutes: ${which}; does a query still read them (system.processes)?`,
    }
  })
}

/** Parts that ClickHouse has set aside and never looks at: nobody knows whose rows are in them. */
export async function detachedParts({
  clickhouse,
  cluster,
}: Servers): Promise<
  readonly { readonly table: string; readonly name: string; readonly reason: string }[]
> {
  return clickhouse.query(
    `SELECT table, name, ifNull(reason, '') AS reason FROM ${everywhere('system.detached_parts', cluster)}
     WHERE database = {database:String} AND has({tables:Array(String)}, table) ORDER BY table, name LIMIT 100`,
    { database: clickhouse.database, tables: ERASED_TABLES },
  )
}
