import { everywhere, type Servers } from '../client/cluster.ts'
import { ACCESS_DENIED, ClickHouseFailure } from '../errors/failure.ts'

/** A disk that is too full for what was asked. */
export class NoRoom extends Error {
  constructor(lack: string) {
    super(lack)
    this.name = 'NoRoom'
  }
}

/** What inserts and merges may write while a statement is under way. */
const SPARE_BYTES = 100_000_000

/** So much of a part ClickHouse reserves before it writes it anew (`DISK_USAGE_COEFFICIENT_TO_RESERVE`), else it waits. */
const RESERVED_SHARE = 1.1

/** Parts that are written anew, each beside the old one. */
export interface Rewritten {
  readonly table: string
  /** Id of a partition. @default any of them */
  readonly partition?: string
}

interface RoomServers extends Pick<Servers, 'cluster'> {
  readonly clickhouse: Pick<Servers['clickhouse'], 'query' | 'database'>
}

interface Disk {
  readonly host: string
  readonly disk: string
  readonly free: number
  readonly needed: number
}

/**
 * Whether a disk of ClickHouse is too full for a statement. ClickHouse 26.7 answers on a full one that it has changed a
 * definition (a table's, a view's, a mutation's) and leaves an empty file, with which it does not start again
 * (ClickHouse 41409, 44232); and a part that it writes anew may lack its last bytes. So it is looked before it is asked.
 *
 * Definitions lie on the disk `default`, parts on that of the part before.
 *
 * @param rewritten `null`: the statement changes a definition, or writes little.
 * @returns what is lacking, for a person; `null`: nothing, or this user may not see the disks. @throws {ClickHouseFailure}
 */
export async function lackOfRoom(
  servers: RoomServers,
  rewritten: Rewritten | null,
): Promise<string | null> {
  const disk = await fullestDisk(servers, rewritten)
  if (disk === null || disk.free >= disk.needed) return null
  const why = rewritten === null ? 'to spare' : 'the largest part once more, and 100 MB to spare'
  return (
    `disk ${disk.disk} of ClickHouse on ${disk.host} has ${Math.floor(disk.free / MEGABYTE)} MB left, ` +
    `needed are ${Math.ceil(disk.needed / MEGABYTE)} MB (${why}): ` +
    'ClickHouse can lose a definition or a part that it writes on a full disk. Make room'
  )
}

/** @throws {NoRoom | ClickHouseFailure} */
export async function mustHaveRoom(
  servers: RoomServers,
  rewritten: Rewritten | null,
): Promise<void> {
  const lack = await lackOfRoom(servers, rewritten)
  if (lack !== null) throw new NoRoom(lack)
}

const MEGABYTE = 1_000_000

/** No right to it; and of a cluster: another server is away, not to be found, or does not know us. */
const NOT_ASKED: ReadonlySet<number> = new Set([ACCESS_DENIED, 198, 209, 210, 279, 516])

async function fullestDisk(
  servers: RoomServers,
  rewritten: Rewritten | null,
): Promise<Disk | null> {
  try {
    return await askForDisk(servers, rewritten)
  } catch (error) {
    const code = error instanceof ClickHouseFailure ? error.failure.code : null
    if (code === null || !NOT_ASKED.has(code)) throw error
    // Better one server looked at than none.
    if (servers.cluster !== '') return fullestDisk({ ...servers, cluster: '' }, rewritten)
    if (code === ACCESS_DENIED) return null
    throw error
  }
}

/** Of those that have the definitions or the parts, the one that lacks most. */
async function askForDisk(
  { clickhouse, cluster }: RoomServers,
  rewritten: Rewritten | null,
): Promise<Disk | null> {
  const { table = '', partition = '' } = rewritten ?? {}
  const largest =
    rewritten === null
      ? `SELECT '' AS host, '' AS disk, 0 AS bytes WHERE false`
      : `SELECT hostName() AS host, disk_name AS disk, max(bytes_on_disk) AS bytes
         FROM ${everywhere('system.parts', cluster)}
         WHERE active AND database = {database:String} AND table = {table:String}
           AND ({partition:String} = '' OR partition_id = {partition:String})
         GROUP BY host, disk`
  const [disk] = await clickhouse.query<Disk>(
    `SELECT disks.host AS host, disks.disk AS disk, toFloat64(disks.bytes) AS free,
       {spare:UInt64} + {share:Float64} * toFloat64(ifNull(largest.bytes, 0)) AS needed
     FROM (
       SELECT hostName() AS host, name AS disk, least(free_space, unreserved_space) AS bytes
       FROM ${everywhere('system.disks', cluster)}) AS disks
     LEFT JOIN (${largest}) AS largest ON disks.host = largest.host AND disks.disk = largest.disk
     WHERE disks.disk = 'default' OR ifNull(largest.bytes, 0) > 0
     ORDER BY free - needed LIMIT 1`,
    { database: clickhouse.database, spare: SPARE_BYTES, share: RESERVED_SHARE, table, partition },
  )
  return disk ?? null
}
