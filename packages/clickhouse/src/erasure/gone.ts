import { setTimeout as delay } from 'node:timers/promises'
import { everywhere, type Servers } from '../hot-columns/mutations.ts'
import { onCluster } from '../migrations/migrate.ts'
import { ErasureStalled, type Waiting } from './mutations.ts'

/** Tables that rows of somebody lie in, or what was counted from them. */
export const ERASED_TABLES = [
  'events',
  'rejected_events',
  'dead_letters',
  'rollup_daily',
  'catalogue_daily',
  'catalogue',
  'erasure_days',
] as const

const LOOK_EVERY_MS = 1_000
/** Queries that still read a part keep it for longer. */
const GONE_WITHIN_MS = 20 * 60_000
/**
 * ClickHouse keeps parts that were replaced for eight minutes, should the new ones not be written down when the power fails:
 * longer than the 30 s in which Linux does that is enough.
 */
const KEPT_SECONDS = 60

/**
 * Waits until the parts that were replaced before now are off the disk, which is a minute instead of eight.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function untilPartsAreGone(servers: Servers, waiting: Waiting): Promise<void> {
  const isShortened = await keepsThemLong(servers)
  if (isShortened)
    await changeTables(servers, `MODIFY SETTING old_parts_lifetime = ${KEPT_SECONDS}`)
  await untilRemoved(servers, waiting)
  // Killed before it, the next run comes here as well.
  if (isShortened) await changeTables(servers, 'RESET SETTING old_parts_lifetime')
}

async function keepsThemLong({ clickhouse }: Servers): Promise<boolean> {
  const [setting] = await clickhouse.query<{ readonly seconds: number }>(
    "SELECT toUInt32(value) AS seconds FROM system.merge_tree_settings WHERE name = 'old_parts_lifetime'",
  )
  return (setting?.seconds ?? Infinity) > KEPT_SECONDS
}

async function changeTables({ clickhouse, cluster }: Servers, change: string): Promise<void> {
  for (const table of ERASED_TABLES) {
    await clickhouse.command(`ALTER TABLE ${table} ${onCluster(cluster)} ${change}`)
  }
}

async function untilRemoved(
  { clickhouse, cluster }: Servers,
  { stop, onWaiting }: Waiting,
): Promise<void> {
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now()) AS at')
  const startedAt = performance.now()
  for (;;) {
    const old = await clickhouse.query<{ readonly table: string; readonly parts: number }>(
      `SELECT table, toUInt32(count()) AS parts FROM ${everywhere('system.parts', cluster)}
       WHERE NOT active AND database = {database:String} AND has({tables:Array(String)}, table)
         AND modification_time <= toDateTime({at:String})
       GROUP BY table ORDER BY table`,
      { database: clickhouse.database, tables: ERASED_TABLES, at: now?.at },
    )
    if (old.length === 0) return
    const which = old.map(({ table, parts }) => `${parts} of ${table}`).join(', ')
    if (stop.aborted)
      throw new ErasureStalled(`stopped while replaced parts are on the disk: ${which}`)
    if (performance.now() - startedAt > GONE_WITHIN_MS) {
      throw new ErasureStalled(
        `replaced parts are still on the disk after ${GONE_WITHIN_MS / 60_000} minutes: ${which}; does a query still read them (system.processes)?`,
      )
    }
    onWaiting(`replaced parts are still on the disk: ${which}`)
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
  }
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
