import { ClickHouseFailure } from '../errors/failure.ts'
import { everywhere, type Servers } from '../client/cluster.ts'

/** A disk that is too full for what was asked. */
export class NoRoom extends Error {
  constructor(lack: string) {
    super(lack)
    this.name = 'NoRoom'
  }
}

/** What inserts and merges may write while a statement is under way. */
const SPARE_BYTES = 100 * 1_024 ** 2

/** `definitions`: a statement changes those of tables or views; `parts`: it has parts written anew, each beside the old one. */
export type Rewrites = 'definitions' | 'parts'

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
 * @returns what is lacking, for a person; `null`: nothing, or this user may not see the disks. @throws {ClickHouseFailure}
 */
export async function lackOfRoom(servers: RoomServers, rewrites: Rewrites): Promise<string | null> {
  const fullest = await fullestDisk(servers, rewrites).catch((error: unknown) => {
    if (error instanceof ClickHouseFailure && error.failure.code === ACCESS_DENIED) return null
    throw error
  })
  if (fullest === null || fullest.free >= fullest.needed) return null
  const { host, disk, free, needed } = fullest
  const why = rewrites === 'parts' ? 'its largest part once more, and 100 MB to spare' : 'to spare'
  return (
    `disk ${disk} of ClickHouse on ${host} has ${megabytes(free)} left, needed are ${megabytes(needed)} (${why}): ` +
    'ClickHouse can lose a definition or a part that it writes on a full disk. Make room'
  )
}

/** @throws {NoRoom | ClickHouseFailure} */
export async function mustHaveRoom(servers: RoomServers, rewrites: Rewrites): Promise<void> {
  const lack = await lackOfRoom(servers, rewrites)
  if (lack !== null) throw new NoRoom(lack)
}

const ACCESS_DENIED = 497

/** Of those that have parts of the database, and of those that have the definitions, the one that lacks most. */
async function fullestDisk(
  { clickhouse, cluster }: RoomServers,
  rewrites: Rewrites,
): Promise<Disk | null> {
  // Definitions lie on the disk `default`; parts on those of their tables, which is where their mutations are written down.
  const largest =
    rewrites === 'parts'
      ? `SELECT hostName() AS host, disk_name AS disk, max(bytes_on_disk) AS bytes
         FROM ${everywhere('system.parts', cluster)} WHERE active AND database = {database:String} GROUP BY host, disk`
      : `SELECT '' AS host, '' AS disk, 0 AS bytes WHERE false`
  const [disk] = await clickhouse.query<Disk>(
    `SELECT disks.host AS host, disks.disk AS disk, toFloat64(disks.bytes) AS free,
       {spare:UInt64} + toFloat64(largest.bytes) AS needed
     FROM (
       SELECT hostName() AS host, name AS disk, least(free_space, unreserved_space) AS bytes
       FROM ${everywhere('system.disks', cluster)}) AS disks
     LEFT JOIN (${largest}) AS largest ON disks.host = largest.host AND disks.disk = largest.disk
     WHERE disks.disk = 'default' OR largest.bytes > 0
     ORDER BY free - needed LIMIT 1`,
    { database: clickhouse.database, spare: SPARE_BYTES },
  )
  return disk ?? null
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`
}
