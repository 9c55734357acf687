import { onCluster, type Servers } from '../client/cluster.ts'
import { lackOfRoom } from '../disk/room.ts'
import { ERASED_TABLES } from './erased-tables.ts'

/**
 * ClickHouse keeps parts that were replaced for eight minutes, should the new ones not be written down when the power fails:
 * longer than the 30 s in which Linux does that is enough. A number that nobody chooses, so that it is known as ours.
 */
const BRIEFLY_SECONDS = 61
/** Until somebody has looked; the same. */
const FOR_A_DAY_SECONDS = 86_401

export interface Kept {
  readonly table: string
  /** Seconds that replaced parts of this table stay, as somebody has set it; 0: nobody has. */
  readonly own: number
}

/** @throws {ClickHouseFailure} */
export async function readKept({ clickhouse }: Servers): Promise<readonly Kept[]> {
  return clickhouse.query(
    `SELECT name AS table, toUInt32OrZero(extract(engine_full, 'old_parts_lifetime = (\\d+)')) AS own
     FROM system.tables WHERE database = {database:String} AND has({tables:Array(String)}, name)`,
    { database: clickhouse.database, tables: ERASED_TABLES },
  )
}

/**
 * Has replaced parts go after a minute. A table for which somebody has set how long they stay keeps that.
 *
 * @param mayShorten asked where something is to be changed. @throws {ClickHouseFailure}
 */
export async function keepBriefly(
  servers: Servers,
  mayShorten: () => Promise<boolean>,
): Promise<void> {
  const isLong = (await defaultSeconds(servers)) > BRIEFLY_SECONDS
  const kept = await readKept(servers)
  const longer = kept.filter(({ own }) => own === FOR_A_DAY_SECONDS || (isLong && own === 0))
  if (longer.length === 0 || !(await mayShorten())) return
  await change(servers, longer, isLong ? BRIEFLY_SECONDS : null)
}

/**
 * Has replaced parts stay for a day, because those that replace them cannot be read.
 *
 * @returns whether they do. @throws {ClickHouseFailure}
 */
export async function keepForADay(servers: Servers): Promise<boolean> {
  const kept = await readKept(servers)
  const shorter = kept.filter(({ own }) => own === 0 || own === BRIEFLY_SECONDS)
  return change(servers, shorter, FOR_A_DAY_SECONDS)
}

/**
 * Undoes `keepBriefly`, also of a run that was killed: parts that are replaced from now on stay long enough to be read.
 *
 * @throws {ClickHouseFailure}
 */
export async function keepAsUsual(servers: Servers): Promise<void> {
  const brief = (await readKept(servers)).filter(({ own }) => own === BRIEFLY_SECONDS)
  await change(servers, brief, null)
}

async function defaultSeconds({ clickhouse }: Servers): Promise<number> {
  const [setting] = await clickhouse.query<{ readonly seconds: number }>(
    "SELECT toUInt32(value) AS seconds FROM system.merge_tree_settings WHERE name = 'old_parts_lifetime'",
  )
  return setting?.seconds ?? Infinity
}

/** @returns whether there was room for it: else it is left as it is. */
async function change(
  servers: Servers,
  tables: readonly Kept[],
  seconds: number | null,
): Promise<boolean> {
  const { clickhouse, cluster } = servers
  const setting = seconds === null ? 'RESET SETTING old_parts_lifetime' : `MODIFY SETTING old_parts_lifetime = ${seconds}` // prettier-ignore
  for (const { table } of tables) {
    if ((await lackOfRoom(servers, null)) !== null) return false
    await clickhouse.command(`ALTER TABLE ${table} ${onCluster(cluster)} ${setting}`)
  }
  return true
}
