import type { ClickHouse } from '../client/clickhouse.ts'
import { allShardsDatabase } from '../client/other-databases.ts'
import { quoteIdentifier } from '../client/quote.ts'
import { ClickHouseFailure } from '../errors/failure.ts'

/** A way in which the new login would see more than its account; each is tried with it. */
interface Escape {
  /** Answers with a row if there is anything to see. */
  readonly sql: string
  readonly what: string
  /** Codes that say that there is nothing of the kind here. @default none */
  readonly isAbsent?: readonly number[]
}

/** @param database of the login */
const escapesIn = (database: string): readonly Escape[] => [
  {
    sql: `SELECT 1 FROM events WHERE group_id != {group:String} LIMIT 1`,
    what: 'rows of other accounts: the row policy is missing, run `npm run roles`',
  },
  {
    sql: `SELECT 1 FROM mergeTreeIndex(currentDatabase(), 'events') LIMIT 1`,
    what: 'keys of other accounts by mergeTreeIndex: a fault of ClickHouse (115230), mended in 26.7.6.5, 26.6.4.10, 26.5.8.18 and 26.3.22.6',
  },
  {
    sql: `SELECT 1 FROM loop(currentDatabase(), 'events') WHERE group_id != {group:String} LIMIT 1`,
    what: 'rows of other accounts by loop: a fault of ClickHouse (97682), mended in 26.3',
  },
  {
    sql: `SELECT 1 FROM ${quoteIdentifier(allShardsDatabase(database))}.tracked WHERE group_id != {group:String} LIMIT 1`,
    what: 'rows of other accounts by the tables over all shards: it has a right to them that it must not have, or the row policy is missing',
    isAbsent: [60, 81], // UNKNOWN_TABLE, UNKNOWN_DATABASE: most sites have no such tables
  },
]

/** ACCESS_DENIED; UNKNOWN_FUNCTION, of a server that has no such table function. */
const REFUSED_AS_IT_SHOULD_BE: ReadonlySet<number | null> = new Set([497, 46])

/**
 * Tries as the new login what must not work, before anybody is given it.
 *
 * @param asAccount asks as that login
 * @returns what it could see; nothing: all is well
 * @throws {ClickHouseFailure} when that cannot be known: ClickHouse was away, or failed at the question
 */
export async function escapesOf(
  asAccount: Pick<ClickHouse, 'query' | 'database'>,
  groupId: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const escape of escapesIn(asAccount.database)) {
    if (await seesAny(asAccount, escape, groupId)) found.push(escape.what)
  }
  return found
}

async function seesAny(
  asAccount: Pick<ClickHouse, 'query'>,
  { sql, isAbsent = [] }: Escape,
  group: string,
): Promise<boolean> {
  try {
    return (await asAccount.query(sql, { group })).length > 0
  } catch (error) {
    const code = error instanceof ClickHouseFailure ? error.failure.code : null
    if (REFUSED_AS_IT_SHOULD_BE.has(code) || isAbsent.some((absent) => absent === code))
      return false
    throw error
  }
}
