import { setTimeout as delay } from 'node:timers/promises'
import type { Servers } from '../hot-columns/mutations.ts'
import { onCluster } from '../migrations/migrate.ts'
import { conditionOf, isErasedSql, type ErasedSelection } from './erased-rows.ts'
import { ErasureStalled, hideRows, type Waiting } from './mutations.ts'

const VIEWS = ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh'] as const
const ROLLUPS = ['rollup_daily', 'catalogue_daily', 'catalogue'] as const

/** Notes the days that rows are about to be taken from. Again is harmless. @throws {ClickHouseFailure} */
export async function noteDays(
  { clickhouse }: Servers,
  erasureId: string,
  selection: ErasedSelection,
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO erasure_days (erasure_id, group_id, event, day)
     SELECT DISTINCT {erasureId:UUID}, group_id, event, toDate32(timestamp) FROM events
     WHERE ${conditionOf(selection)} SETTINGS async_insert = 0`,
    { erasureId },
  )
}

/**
 * Has the noted days counted anew, and waits until that is done: whatever was counted before may have seen the rows.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function recount(
  servers: Servers,
  erasureId: string,
  waiting: Waiting,
): Promise<void> {
  const { clickhouse } = servers
  const [noted] = await clickhouse.query<{ readonly days: number }>(
    'SELECT toFloat64(count()) AS days FROM erasure_days WHERE erasure_id = {erasureId:UUID}',
    { erasureId },
  )
  if ((noted?.days ?? 0) === 0) return
  // Once more, now that the rows cannot be seen: with the time of now.
  await clickhouse.command(
    `INSERT INTO erasure_days (erasure_id, group_id, event, day)
     SELECT DISTINCT erasure_id, group_id, event, day FROM erasure_days
     WHERE erasure_id = {erasureId:UUID} SETTINGS async_insert = 0`,
    { erasureId },
  )
  await untilCounted(servers, ['daily', 'catalogue_daily', 'catalogue'], waiting)
}

/**
 * Waits until rollups were counted by refreshes that began after now.
 *
 * @param names as `rollup_freshness` has them.
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function untilCounted(
  { clickhouse }: Servers,
  names: readonly string[],
  { stop, onWaiting }: Waiting,
): Promise<void> {
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now64(3)) AS at')
  const startedAt = performance.now()
  let askedAt = -Infinity
  for (;;) {
    const behind = await clickhouse.query<{ readonly name: string }>(
      `SELECT name FROM rollup_freshness
       WHERE has({names:Array(String)}, name)
         AND (counted_until IS NULL OR counted_until < {at:DateTime64(3, 'UTC')}) ORDER BY name`,
      { at: now?.at, names },
    )
    if (behind.length === 0) return
    const late = behind.map(({ name }) => name).join(', ')
    if (stop.aborted) throw new ErasureStalled(`stopped while ${late} are counted anew`)
    if (performance.now() - startedAt > RECOUNTED_WITHIN_MS) {
      throw new ErasureStalled(
        `${late} were not counted anew within ${RECOUNTED_WITHIN_MS / 60_000} minutes: system.view_refreshes says why`,
      )
    }
    onWaiting(`counting anew: ${late}`)
    // Sooner than the minute at which they begin by themselves; who may not say so waits for that.
    if (performance.now() - askedAt > ASK_EVERY_MS) {
      askedAt = performance.now()
      for (const view of VIEWS)
        await clickhouse.command(`SYSTEM REFRESH VIEW ${view}`).catch(() => {})
    }
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
  }
}

const RECOUNTED_WITHIN_MS = 15 * 60_000
const ASK_EVERY_MS = 5_000
const LOOK_EVERY_MS = 500

/**
 * Takes away what the rollups had counted before: examples of the catalogue, hashes of users, and of an account its
 * name in what is counted as nothing.
 *
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function dropCounted(
  servers: Servers,
  { erasureId, selection }: { readonly erasureId: string; readonly selection: ErasedSelection },
  waiting: Waiting,
): Promise<void> {
  const { clickhouse, cluster } = servers
  await clickhouse.command(
    `ALTER TABLE erasure_days ${onCluster(cluster)} DROP PARTITION {erasureId:String}`,
    { erasureId },
  )
  for (const table of ROLLUPS) await mergeWhole(servers, table, waiting)
  if (selection.id.kind !== 'group') return
  // After the merge, never before: with the newest version of a row deleted, the one before would be seen again.
  const isTheirs = isErasedSql({ ...selection, timestampBefore: null }, 'group_id')
  const condition = selection.timestampBefore === null ? isTheirs : `events = 0 AND ${isTheirs}`
  await hideRows(servers, { table: 'rollup_daily', condition }, waiting)
}

/** So that of each row only its newest version is left. */
async function mergeWhole(
  servers: Servers,
  table: string,
  { stop, onWaiting }: Waiting,
): Promise<void> {
  const { clickhouse, cluster } = servers
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now()) AS at')
  const startedAt = performance.now()
  for (;;) {
    onWaiting(`${table}: merging what was counted before away`)
    // A merge that takes longer than the answer may goes on by itself; the parts tell when it is done.
    const failure = await clickhouse
      .command(`OPTIMIZE TABLE ${table} ${onCluster(cluster)} FINAL`)
      .then(
        () => null,
        (error: unknown) => error,
      )
    const [older] = await clickhouse.query<{ readonly parts: number }>(
      `SELECT toFloat64(count()) AS parts FROM system.parts
       WHERE active AND database = {database:String} AND table = {table:String} AND rows > 0
         AND modification_time < toDateTime({at:String})`,
      { database: clickhouse.database, table, at: now?.at },
    )
    if ((older?.parts ?? 0) === 0) return
    if (stop.aborted) throw new ErasureStalled(`stopped while ${table} is merged`)
    if (performance.now() - startedAt > RECOUNTED_WITHIN_MS) {
      const why = failure instanceof Error ? `: ${failure.message}` : ''
      throw new ErasureStalled(
        `${table} was not merged within ${RECOUNTED_WITHIN_MS / 60_000} minutes${why}`,
      )
    }
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
  }
}
