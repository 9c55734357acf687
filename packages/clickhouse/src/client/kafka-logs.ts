import { quoteText } from './quote.ts'
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
/** Each attempt but the last was lost to somebody who changed the table at the same moment, or to a token without a row. */
const MAX_ATTEMPTS = 200

/**
 * The generation of each log; those that `kafka_logs` does not have are registered, all in one insert. Safe when several do so
 * at once, for the same or for different logs: no two get one generation, and a log that is registered later
 * has a higher one than all before it, and than every row. None changes, but where rows are above all of them, or where
 * the logs are not in their order: then all are registered once more, above those rows.
 *
 * @returns in the order of the logs. @throws {ClickHouseFailure}
 */
export async function registerLogs(
  clickhouse: Pick<ClickHouse, 'query' | 'command'>,
  logs: readonly Log[],
  registeredBy: 'setup' | 'consumer' | 'replay',
): Promise<readonly RegisteredLog[]> {
  const isAbove = await isAnyRowAbove(clickhouse, highestOf(await readLogs(clickhouse)))
  let ofRows = isAbove ? await highestOfRows(clickhouse) : null
  let tried = { highest: -1, times: 0 }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // Read after the rows: a log that was registered meanwhile, and whose rows these are, is among them.
    const known = await readLogs(clickhouse)
    const missing = logs.filter((log) => generationOf(known, log) === null)
    if (missing.length > 0) ofRows ??= await highestOfRows(clickhouse)
    const added = [...(mustLift(known, ofRows) ? inOrder(known) : []), ...missing]
    if (added.length === 0) {
      return logs.map((log) => ({ ...log, generation: generationOf(known, log) ?? 0 }))
    }
    const highest = highestOf(known)
    tried = { highest, times: tried.highest === highest ? tried.times + 1 : 0 }
    const lock = lockAfter(highest, tried.times)
    await claim(clickhouse, { lock, from: Math.max(lock, (ofRows ?? 0) + 1), added }, registeredBy)
  }
  throw new Error('kafka_logs: other logs were registered all the time; try again')
}

/**
 * Where rows have a higher generation than any log, somebody wrote them who had learnt the generations of
 * another database, which this one replaced. All logs are then registered once more, in their order, above
 * those rows: else updates would lie below the events they update, and never show. So they are where one has a lower
 * generation than one before it, as a release left them that did this log by log and broke off.
 */
function mustLift(known: readonly RegisteredLog[], ofRows: number | null): boolean {
  const now = inOrder(known).map((log) => generationOf(known, log) ?? 0)
  const isInOrder = now.every((generation, index) => generation > (now[index - 1] ?? 0))
  return !isInOrder || highestOf(known) < (ofRows ?? 0)
}

/** Each log once, in the order in which they were registered at first. */
function inOrder(known: readonly RegisteredLog[]): readonly Log[] {
  return known.filter((log, index) => known.findIndex((each) => isSame(each, log)) === index)
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
  return known.findLast((each) => isSame(each, log))?.generation ?? null
}

function isSame(one: Log, other: Log): boolean {
  const { clusterId, topic, topicId } = other
  return one.clusterId === clusterId && one.topic === topic && one.topicId === topicId
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
 * The number whose token stands for a change of the table as it was read: everybody who read the same asks for the same
 * ones in the same order, and of those who do one gets it. So nothing is written by who has not seen the
 * last change. A token that nobody has a row of, after a crash between the two or where rows were deleted, costs a try; the
 * steps grow, so that many of them cost few.
 */
function lockAfter(highest: number, timesRefused: number): number {
  return highest + 1 + (timesRefused * (timesRefused + 1)) / 2
}

/**
 * Gives logs the generations from a number on, or does nothing when somebody changed the table since it was read: ClickHouse
 * compares the token and writes the rows in one step, on replicas too. All in one block, which is there or is not: with
 * some of the logs above the others for good, old copies of events would hide new ones.
 */
async function claim(
  clickhouse: Pick<ClickHouse, 'command'>,
  {
    lock,
    from,
    added,
  }: { readonly lock: number; readonly from: number; readonly added: readonly Log[] },
  registeredBy: string,
): Promise<void> {
  if (from + added.length - 1 > MAX_GENERATION) throw new Error('kafka_logs: no generation is left')
  // As text: parameters go into the address, which is too long for some proxies when there are many logs.
  const rows = added.map(({ clusterId, topic, topicId }, index) => {
    const texts = [clusterId, topic, topicId, registeredBy].map(quoteText)
    return `(${from + index}, ${texts.join(', ')})`
  })
  await clickhouse.command(
    `INSERT INTO kafka_logs (generation, cluster_id, topic, topic_id, registered_by)
     SETTINGS async_insert = 0, insert_deduplicate = 1, insert_deduplication_token = 'generation ${lock}',
       insert_quorum = 'auto', insert_quorum_parallel = 0
     VALUES ${rows.join(', ')}`,
  )
}
