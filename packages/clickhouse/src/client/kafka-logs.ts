import type { ClickHouse } from './clickhouse.ts'

/** A log of Kafka: a topic of one cluster, from its making to its deletion. */
interface Log {
  readonly clusterId: string
  readonly topic: string
  readonly topicId: string
}

/** A log that `kafka_logs` has, and its place among them. */
export interface RegisteredLog extends Log {
  /** From 1; stands before the offset in the version of a row, so that versions compare across logs. */
  readonly generation: number
}

/** Whose rows have a version: a generation and an offset. */
const VERSIONED_TABLES = ['events', 'rejected_events', 'dead_letters']
/** What fits into the 16 bits above an offset. */
const MAX_GENERATION = 65_535
/** Each attempt but the last was lost to somebody who registered another log at the same moment. */
const MAX_ATTEMPTS = 200

/**
 * The generation of each log; those that `kafka_logs` does not have are registered. Safe when several do so
 * at once, for the same or for different logs: no two get one generation, and a log that is registered later
 * has a higher one than all before it, and than every row. None changes, but where rows are above all of them:
 * then all are registered once more, above those rows.
 *
 * @returns in the order of the logs. @throws {ClickHouseFailure}
 */
export async function registerLogs(
  clickhouse: Pick<ClickHouse, 'query' | 'command'>,
  logs: readonly Log[],
  registeredBy: 'setup' | 'consumer' | 'replay',
): Promise<readonly RegisteredLog[]> {
  await liftAboveRows(clickhouse, registeredBy)
  let least = 1
  let ofRows: number | null = null
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const known = await readLogs(clickhouse)
    const found = logs.map((log) => ({ log, generation: generationOf(known, log) }))
    const missing = found.find(({ generation }) => generation === null)?.log
    if (missing === undefined) {
      return found.map(({ log, generation }) => ({ ...log, generation: generation ?? 0 }))
    }
    ofRows ??= await highestOfRows(clickhouse)
    // A number tried before is taken, also where no row has it: by an insert that broke off.
    least = Math.max(least, ofRows + 1, highestOf(known) + 1)
    await claim(clickhouse, { ...missing, generation: least++ }, registeredBy)
  }
  throw new Error('kafka_logs: other logs were registered all the time; try again')
}

/**
 * Where rows have a higher generation than any log, somebody wrote them who had learnt the generations of
 * another database, which this one replaced. All logs are then registered once more, in their order, above
 * those rows: else updates would lie below the events they update, and never show.
 */
async function liftAboveRows(
  clickhouse: Pick<ClickHouse, 'query' | 'command'>,
  registeredBy: string,
): Promise<void> {
  if (!(await isAnyRowAbove(clickhouse, highestOf(await readLogs(clickhouse))))) return
  const ofRows = await highestOfRows(clickhouse)
  // Read after the rows: a log that was registered meanwhile, and whose rows these are, is among them.
  let known = await readLogs(clickhouse)
  if (highestOf(known) >= ofRows) return
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const below = known.filter(
      (log) => log.generation <= ofRows && log.generation === generationOf(known, log),
    )
    if (below.length === 0) return
    const next = Math.max(ofRows, highestOf(known)) + 1
    for (const [index, log] of below.entries()) {
      await claim(clickhouse, { ...log, generation: next + index }, registeredBy)
    }
    known = await readLogs(clickhouse)
  }
  throw new Error(
    `kafka_logs: rows have generation ${ofRows}, and other logs were registered all the time; try again`,
  )
}

/** Every log that is registered, the oldest first. @throws {ClickHouseFailure} */
export async function readLogs(
  clickhouse: Pick<ClickHouse, 'query'>,
): Promise<readonly RegisteredLog[]> {
  // Of replicas the one that answers must have every row that was acknowledged.
  const rows = await clickhouse.query<Row>(
    `SELECT generation, cluster_id, topic, topic_id FROM kafka_logs
     ORDER BY generation SETTINGS select_sequential_consistency = 1`,
  )
  return rows.map((row) => ({
    generation: row.generation,
    clusterId: row.cluster_id,
    topic: row.topic,
    topicId: row.topic_id,
  }))
}

interface Row {
  readonly generation: number
  readonly cluster_id: string
  readonly topic: string
  readonly topic_id: string
}

/** The highest, should it be there twice: `null` when it is not there. @param known the oldest first */
export function generationOf(known: readonly RegisteredLog[], log: Log): number | null {
  const found = known.findLast(
    ({ clusterId, topic, topicId }) =>
      clusterId === log.clusterId && topic === log.topic && topicId === log.topicId,
  )
  return found?.generation ?? null
}

function highestOf(known: readonly RegisteredLog[]): number {
  return known.at(-1)?.generation ?? 0
}

/** Cheap however many rows there are: an index of the tables has the highest version of each granule. */
async function isAnyRowAbove(
  clickhouse: Pick<ClickHouse, 'query'>,
  generation: number,
): Promise<boolean> {
  const highestVersion = ((BigInt(generation) + 1n) << 48n) - 1n
  const ofEach = VERSIONED_TABLES.map(
    (table) => `(SELECT 1 FROM ${table} WHERE version > {version:UInt64} LIMIT 1)`,
  )
  const rows = await clickhouse.query(`SELECT 1 FROM (${ofEach.join(' UNION ALL ')}) LIMIT 1`, {
    version: String(highestVersion),
  })
  return rows.length > 0
}

/** Rows outlive `kafka_logs` where only they were restored from a backup. */
async function highestOfRows(clickhouse: Pick<ClickHouse, 'query'>): Promise<number> {
  const ofEach = VERSIONED_TABLES.map((table) => `(SELECT max(version) FROM ${table})`)
  const [row] = await clickhouse.query<{ readonly generation: number }>(
    `SELECT toUInt16(bitShiftRight(greatest(${ofEach.join(', ')}), 48)) AS generation`,
  )
  return row?.generation ?? 0
}

/**
 * Takes a generation for a log, or does nothing when it is taken: ClickHouse compares the token and writes
 * the row in one step, on replicas too. A token without a row, after a crash between the two, only costs
 * the number.
 */
async function claim(
  clickhouse: Pick<ClickHouse, 'command'>,
  { generation, clusterId, topic, topicId }: RegisteredLog,
  registeredBy: string,
): Promise<void> {
  if (generation > MAX_GENERATION) throw new Error('kafka_logs: no generation is left')
  await clickhouse.command(
    `INSERT INTO kafka_logs (generation, cluster_id, topic, topic_id, registered_by)
     SETTINGS async_insert = 0, insert_deduplicate = 1, insert_deduplication_token = 'generation ${generation}',
       insert_quorum = 'auto', insert_quorum_parallel = 0
     VALUES ({generation:UInt16}, {clusterId:String}, {topic:String}, {topicId:String}, {registeredBy:String})`,
    { generation, clusterId, topic, topicId, registeredBy },
  )
}
