import type { Servers } from '../client/cluster.ts'
import { quoteIdentifier, quoteText } from '../client/quote.ts'
import { ClickHouseFailure } from '../errors/failure.ts'

/** What was written. */
export interface Written {
  readonly tables: readonly string[]
  /** Id of a partition. @default any of them */
  readonly partition?: string
}

/** A part that ClickHouse cannot read, and why. */
export interface UnreadablePart {
  readonly table: string
  readonly part: string
  readonly why: string
}

/**
 * Parts that were written in place of others which are still on the disk, and cannot be read: a part that is written on a
 * full disk may lack its last bytes, and ClickHouse only finds out when it reads them. As long as the others are there a
 * restart takes those up again.
 *
 * Not of a cluster: replicas have an unreadable part sent by each other, and to check one there is to repair it.
 *
 * @throws {ClickHouseFailure}
 */
export async function unreadableParts(
  { clickhouse, cluster }: Servers,
  { tables, partition = '' }: Written,
): Promise<readonly UnreadablePart[]> {
  if (cluster !== '') return []
  const parts = await clickhouse.query<{ readonly table: string; readonly part: string }>(
    `SELECT DISTINCT written.table AS table, written.name AS part
     FROM system.parts AS written
     INNER JOIN system.parts AS replaced
       ON written.database = replaced.database AND written.table = replaced.table
       AND written.partition_id = replaced.partition_id
     WHERE written.active AND NOT replaced.active AND written.rows > 0
       AND replaced.min_block_number >= written.min_block_number
       AND replaced.max_block_number <= written.max_block_number
       AND written.database = {database:String} AND has({tables:Array(String)}, written.table)
       AND ({partition:String} = '' OR written.partition_id = {partition:String})
     ORDER BY table, part`,
    { database: clickhouse.database, tables, partition },
  )
  const unreadable: UnreadablePart[] = []
  for (const { table, part } of parts) {
    const why = await whyUnreadable(clickhouse, table, part)
    if (why !== null) unreadable.push({ table, part, why })
  }
  return unreadable
}

/** Merged meanwhile, which reads it, or dropped. */
const NO_SUCH_DATA_PART = 232

async function whyUnreadable(
  clickhouse: Servers['clickhouse'],
  table: string,
  part: string,
): Promise<string | null> {
  const checked = await clickhouse
    .query<{ readonly is_passed: number; readonly message: string }>(
      `CHECK TABLE ${quoteIdentifier(table)} PART ${quoteText(part)} SETTINGS check_query_single_value_result = 0`,
    )
    .catch((error: unknown) => {
      if (error instanceof ClickHouseFailure && error.failure.code === NO_SUCH_DATA_PART) return []
      throw error
    })
  const failed = checked.find(({ is_passed: isPassed }) => isPassed === 0)
  return failed === undefined ? null : failed.message
}
