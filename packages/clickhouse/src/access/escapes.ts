import type { ClickHouse } from '../client/clickhouse.ts'
import { ClickHouseFailure } from '../errors/failure.ts'

/** A way in which the new login would see more than its account; each is tried with it. */
interface Escape {
  /** Answers with a row if there is anything to see. */
  readonly sql: string
  readonly what: string
}

const ESCAPES: readonly Escape[] = [
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
  asAccount: Pick<ClickHouse, 'query'>,
  groupId: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const { sql, what } of ESCAPES) {
    if (await seesAny(asAccount, sql, groupId)) found.push(what)
  }
  return found
}

async function seesAny(
  asAccount: Pick<ClickHouse, 'query'>,
  sql: string,
  group: string,
): Promise<boolean> {
  try {
    return (await asAccount.query(sql, { group })).length > 0
  } catch (error) {
    const code = error instanceof ClickHouseFailure ? error.failure.code : null
    if (REFUSED_AS_IT_SHOULD_BE.has(code)) return false
    throw error
  }
}
