import { everywhere, type Servers, onCluster } from '../client/cluster.ts'
import { conditionOf, isErasedSql, type ErasedSelection } from './erased-rows.ts'
import { monthsOfEvents } from './months.ts'
import { hideRows } from './mutations.ts'
import { untilThereIsRoom } from './room.ts'
import { untilNothingIsLeft, type Waiting } from './waiting.ts'

const VIEWS = ['rollup_daily_refresh', 'catalogue_daily_refresh', 'catalogue_refresh'] as const
const ROLLUPS = ['rollup_daily', 'catalogue_daily', 'catalogue'] as const

/** Notes the days that rows are about to be taken from. Again is harmless. @throws {ClickHouseFailure} */
export async function noteDays(
  servers: Servers,
  erasureId: string,
  selection: ErasedSelection,
): Promise<void> {
  for (const month of await monthsOfEvents(servers)) {
    await servers.clickhouse.command(
      `INSERT INTO erasure_days (erasure_id, group_id, event, day)
       SELECT DISTINCT {erasureId:UUID}, group_id, event, toDate32(timestamp) FROM events
       WHERE ${conditionOf(selection)} AND ${month} SETTINGS async_insert = 0`,
      { erasureId },
    )
  }
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
  waiting: Waiting,
): Promise<void> {
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now64(3)) AS at')
  let askedAt = -Infinity
  await untilNothingIsLeft(waiting, RECOUNTED, async () => {
    const behind = await clickhouse.query<{ readonly name: string }>(
      `SELECT name FROM rollup_freshness
       WHERE has({names:Array(String)}, name)
         AND (counted_until IS NULL OR counted_until < {at:DateTime64(3, 'UTC')}) ORDER BY name`,
      { at: now?.at, names },
    )
    if (behind.length === 0) return null
    // Sooner than the minute at which they begin by themselves; who may not say so waits for that.
    if (performance.now() - askedAt > ASK_EVERY_MS) {
      askedAt = performance.now()
      for (const view of VIEWS)
        await clickhouse.command(`SYSTEM REFRESH VIEW ${view}`).catch(() => {})
    }
    const late = behind.map(({ name }) => name).join(', ')
    return {
      waiting: `counting anew: ${late}`,
      stopped: `stopped while ${late} are counted anew`,
      overdue: `${late} were not counted anew within ${MINUTES} minutes: system.view_refreshes says why`,
    }
  })
}

const MINUTES = 15
const RECOUNTED = { withinMs: MINUTES * 60_000, everyMs: 500 }
const ASK_EVERY_MS = 5_000

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
  const { id, timestampBefore, receivedBefore = null } = selection
  const isTheirs = isErasedSql({ id, timestampBefore: null }, 'group_id')
  const isWhole = timestampBefore === null && receivedBefore === null
  const condition = isWhole ? isTheirs : `events = 0 AND ${isTheirs}`
  await hideRows(servers, { table: 'rollup_daily', condition }, waiting)
}

/** So that of each row only its newest version is left. */
async function mergeWhole(servers: Servers, table: string, waiting: Waiting): Promise<void> {
  const { clickhouse, cluster } = servers
  const [now] = await clickhouse.query<{ readonly at: string }>('SELECT toString(now()) AS at')
  const what = `${table}: merging what was counted before away`
  await untilThereIsRoom(servers, { table }, waiting)
  await untilNothingIsLeft(waiting, RECOUNTED, async () => {
    waiting.onWaiting(what)
    // A merge that takes longer than the answer may goes on by itself; the parts tell when it is done.
    const failure = await clickhouse
      .command(`OPTIMIZE TABLE ${table} ${onCluster(cluster)} FINAL`)
      .then(
        () => null,
        (error: unknown) => error,
      )
    const [older] = await clickhouse.query<{ readonly parts: number }>(
      `SELECT toFloat64(count()) AS parts FROM ${everywhere('system.parts', cluster)}
       WHERE active AND database = {database:String} AND table = {table:String} AND rows > 0
         AND modification_time < toDateTime({at:String})`,
      { database: clickhouse.database, table, at: now?.at },
    )
    if ((older?.parts ?? 0) === 0) return null
    const why = failure instanceof Error ? `: ${failure.message}` : ''
    return {
      waiting: what,
      stopped: `stopped while ${table} is merged`,
      overdue: `${table} was not merged within ${MINUTES} minutes${why}`,
    }
  })
}
