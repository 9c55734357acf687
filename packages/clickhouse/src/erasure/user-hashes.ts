import { type Servers, onCluster } from '../client/cluster.ts'
import { untilMutated } from './mutations.ts'
import { untilThereIsRoom } from './room.ts'
import { untilCounted } from './recount.ts'
import { ErasureStalled, type Waiting } from './waiting.ts'

/** Whose hash, and of which days. */
export interface HashSelection {
  /** Decimal digits, see `userHashOf`. */
  readonly userHash: string
  /** Only of days before that of this moment, in milliseconds since 1970; `null`: of all. */
  readonly timestampBefore: number | null
}

const MAX_ROUNDS = 10

/**
 * Takes somebody's hash out of the rollups of days that are counted no more, because their events have expired. Days of which
 * `events` still has somebody of the same hash keep it: a visitor may have the id of a user.
 *
 * A refresh that began before may write it once more: looked for until it stays away.
 *
 * @param account is told of rows before they are changed.
 * @throws {ClickHouseFailure | ErasureStalled}
 */
export async function clearUserHashes(
  servers: Servers,
  selection: HashSelection,
  {
    waiting,
    account,
  }: {
    readonly waiting: Waiting
    readonly account: (rows: number, clear: () => Promise<void>) => Promise<void>
  },
): Promise<void> {
  const { clickhouse, cluster } = servers
  const hash = digitsOf(selection)
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const { condition, rows } = await findHash(servers, selection)
    await account(rows, async () => {
      await untilThereIsRoom(servers, { table: 'rollup_daily' }, waiting)
      const others = `arrayFilter(each -> each != ${hash}, user_hashes)`
      await clickhouse.command(
        `ALTER TABLE rollup_daily ${onCluster(cluster)} UPDATE user_hashes = ${others}, users = length(${others})
         WHERE ${condition} SETTINGS mutations_sync = 0`,
      )
      await untilMutated(servers, 'rollup_daily', waiting)
      await untilCounted(servers, ['daily'], waiting)
    })
    if (rows === 0) return
  }
  throw new ErasureStalled('the hash of the user comes back to rollup_daily again and again')
}

function digitsOf({ userHash }: HashSelection): string {
  if (!/^\d{1,39}$/.test(userHash)) throw new Error('a hash of a user has up to 39 digits')
  return `toUInt128('${userHash}')`
}

async function countRows({ clickhouse }: Servers, condition: string): Promise<number> {
  const [found] = await clickhouse.query<{ readonly rows: number }>(
    `SELECT toFloat64(count()) AS rows FROM rollup_daily WHERE ${condition}`,
  )
  return found?.rows ?? 0
}

/** @returns the rows that have the hash; the condition is of numbers only: the text of a mutation is kept in a file */
async function findHash(
  servers: Servers,
  selection: HashSelection,
): Promise<{ readonly condition: string; readonly rows: number }> {
  const hash = digitsOf(selection)
  const { timestampBefore } = selection
  const day =
    timestampBefore === null
      ? ''
      : ` AND day < toDate32(fromUnixTimestamp64Milli(${Math.trunc(timestampBefore)}, 'UTC'))`
  const anywhere = `event = '' AND has(user_hashes, ${hash})${day}`
  const rows = await countRows(servers, anywhere)
  if (rows === 0) return { condition: anywhere, rows }
  const live = await servers.clickhouse.query<{ readonly place: string }>(
    `SELECT DISTINCT toString(cityHash64(group_id, toDate32(timestamp))) AS place FROM events
     WHERE reinterpretAsUInt128(sipHash128(coalesce(user_id, anonymous_id, ''))) = ${hash}`,
  )
  if (live.length === 0) return { condition: anywhere, rows }
  const condition = `${anywhere} AND cityHash64(group_id, day) NOT IN (${live.map(({ place }) => place).join()})`
  return { condition, rows: await countRows(servers, condition) }
}
