import { everywhere, type Servers } from '../client/cluster.ts'
import { ERASED_TABLES } from './erased-tables.ts'
import { keepAsUsual, keepBriefly, readKept } from './kept-parts.ts'
import { areMutated } from './mutations.ts'
import { mustBeReadable } from './readable.ts'
import { untilNothingIsLeft, type Waiting } from './waiting.ts'

const LOOK_EVERY_MS = 1_000
/** Queries that still read a part keep it for longer. */
const GONE_WITHIN_MS = 20 * 60_000

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
  const read = (): Promise<void> => mustBeReadable(counting, { tables: ERASED_TABLES })
  await read()
  let isRead = true
  // Another erasure may be at work, which needs its replaced parts; one that has ended set back what it found.
  const mayShorten = async (): Promise<boolean> => {
    if (await areMutated(servers, ERASED_TABLES)) return false
    if (!isRead) await read()
    isRead = false
    return true
  }
  const longest = Math.max(...(await readKept(servers)).map(({ own }) => own))
  const options = { waiting, withinMs: GONE_WITHIN_MS + longest * 1_000 }
  await untilRemoved(servers, options, mayShorten).catch(async (error: unknown) => {
    await keepAsUsual(servers).catch(() => {}) // what is told is why it ended
    throw error
  })
  await keepAsUsual(servers)
}

async function untilRemoved(
  servers: Servers,
  { waiting, withinMs }: { readonly waiting: Waiting; readonly withinMs: number },
  mayShorten: () => Promise<boolean>,
): Promise<void> {
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
    await keepBriefly(servers, mayShorten)
    const which = old.map(({ table, parts }) => `${parts} of ${table}`).join(', ')
    const minutes = Math.round(withinMs / 60_000)
    return {
      waiting: `replaced parts are on the disk, for a minute as a rule: ${which}`,
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
