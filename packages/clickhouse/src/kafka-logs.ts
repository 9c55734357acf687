import type { ClickHouse } from './connection.ts'

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

/** What fits into the 16 bits above an offset. */
const MAX_GENERATION = 65_535
/** Each attempt but the last was lost to somebody who registered another log at the same moment. */
const MAX_ATTEMPTS = 200

/**
 * The generation of each log; those that `kafka_logs` does not have are registered. Safe when several do so
 * at once, for the same or for different logs: no two get one generation, none ever changes, and a log
 * that is registered later has a higher one than all before it, and than every row.
 *
 * @returns in the order of the logs. @throws {ClickHouseFailure}
 */
export async function registerLogs(
  clickhouse: Pick<ClickHouse, 'query' | 'command'>,
  logs: readonly Log[],
  registeredBy: 'setup' | 'consumer' | 'replay',
): Promise<readonly RegisteredLog[]> {
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
    least = Math.max(least, ofRows + 1, (known.at(-1)?.generation ?? 0) + 1)
    if (least > MAX_GENERATION) throw new Error('kafka_logs: no generation is left')
    await claim(clickhouse, { ...missing, generation: least++ }, registeredBy)
  }
  throw new Error('kafka_logs: other logs were registered all the time; try again')
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

/** The lowest, should it be there twice: `null` when it is not there. */
export function generationOf(known: readonly RegisteredLog[], log: Log): number | null {
  const found = known.find(
    ({ clusterId, topic, topicId }) =>
      clusterId === log.clusterId && topic === log.topic && topicId === log.topicId,
  )
  return found?.generation ?? null
}

/** Rows outlive `kafka_logs` where only they were restored from a backup. */
async function highestOfRows(clickhouse: Pick<ClickHouse, 'query'>): Promise<number> {
  const [row] = await clickhouse.query<{ readonly generation: number }>(
    `SELECT toUInt16(bitShiftRight(greatest(
       (SELECT max(version) FROM events),
       (SELECT max(version) FROM rejected_events),
       (SELECT max(version) FROM dead_letters)), 48)) AS generation`,
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
  await clickhouse.command(
    `INSERT INTO kafka_logs (generation, cluster_id, topic, topic_id, registered_by)
     SETTINGS async_insert = 0, insert_deduplicate = 1, insert_deduplication_token = 'generation ${generation}',
       insert_quorum = 'auto', insert_quorum_parallel = 0
     VALUES ({generation:UInt16}, {clusterId:String}, {topic:String}, {topicId:String}, {registeredBy:String})`,
    { generation, clusterId, topic, topicId, registeredBy },
  )
}
