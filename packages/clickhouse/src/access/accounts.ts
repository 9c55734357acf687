import { createHash, randomBytes } from 'node:crypto'
import type { ClickHouse } from '../client/clickhouse.ts'
import { quoteIdentifier } from '../client/quote.ts'
import { accountLogin, accountOf, ACCOUNT_PREFIX } from './account-name.ts'
import { roleOn } from './roles-sql.ts'

/** A login, and the account whose rows it sees. */
export interface AccountLogin {
  readonly login: string
  readonly groupId: string
}

export interface NewAccountLogin extends AccountLogin {
  /** Nobody keeps it but its owner. */
  readonly password: string
}

type Asked = Pick<ClickHouse, 'command' | 'query' | 'database'>

/**
 * Makes the login of an account. ClickHouse is given a hash with a salt, so that no log has the password.
 *
 * @param onCluster `ON CLUSTER …`, or nothing
 * @throws {ClickHouseFailure} 493: it is there already
 */
export async function addAccount(
  clickhouse: Asked,
  groupId: string,
  onCluster: string,
): Promise<NewAccountLogin> {
  const login = accountLogin(groupId)
  const password = randomBytes(24).toString('base64url')
  const user = quoteIdentifier(login)
  await clickhouse.command(
    `CREATE USER ${user} ${onCluster} ${identifiedBy(password)} DEFAULT DATABASE ${quoteIdentifier(clickhouse.database)}`,
  )
  try {
    await clickhouse.command(
      `GRANT ${onCluster} ${quoteIdentifier(roleOn(clickhouse.database, 'account'))} TO ${user}`,
    )
  } catch (error) {
    await removeAccount(clickhouse, groupId, onCluster)
    throw error
  }
  return { login, groupId, password }
}

function identifiedBy(password: string): string {
  const salt = randomBytes(16).toString('hex')
  const hash = createHash('sha256').update(`${password}${salt}`).digest('hex')
  return `IDENTIFIED WITH sha256_hash BY '${hash}' SALT '${salt}'`
}

/** @throws {ClickHouseFailure} 192: there is none */
export async function removeAccount(
  clickhouse: Asked,
  groupId: string,
  onCluster: string,
): Promise<void> {
  await clickhouse.command(`DROP USER ${quoteIdentifier(accountLogin(groupId))} ${onCluster}`)
}

/** Every login of an account on this server. @throws {ClickHouseFailure} */
export async function listAccounts(
  clickhouse: Pick<ClickHouse, 'query'>,
): Promise<readonly AccountLogin[]> {
  const rows = await clickhouse.query<{ readonly name: string }>(
    // The embedded engine has a role for each instead.
    `SELECT DISTINCT name FROM (SELECT name FROM system.users UNION ALL SELECT name FROM system.roles)
     WHERE startsWith(name, {prefix:String}) ORDER BY name`,
    { prefix: ACCOUNT_PREFIX },
  )
  return rows.flatMap(({ name }) => {
    const groupId = accountOf(name)
    return groupId === null ? [] : [{ login: name, groupId }]
  })
}

/** A way in which the new login would see more than its account; each is tried with it. */
interface Escape {
  readonly sql: string
  readonly what: string
}

const ESCAPES: readonly Escape[] = [
  {
    sql: `SELECT count() > 0 AS leaks FROM events WHERE group_id != {group:String}`,
    what: 'rows of other accounts: the row policy is missing, run `npm run roles`',
  },
  {
    sql: `SELECT count() > 0 AS leaks FROM mergeTreeIndex(currentDatabase(), 'events')`,
    what: 'keys of other accounts by mergeTreeIndex: a fault of ClickHouse (115230), mended in 26.7.6.5, 26.6.4.10, 26.5.8.18 and 26.3.22.6',
  },
  {
    sql: `SELECT count() > 0 AS leaks FROM loop(currentDatabase(), 'events') WHERE group_id != {group:String} LIMIT 1`,
    what: 'rows of other accounts by loop: a fault of ClickHouse (97682), mended in 26.3',
  },
]

/**
 * Tries as the new login what must not work, before anybody is given it.
 *
 * @param asAccount asks as that login
 * @returns what it could see; nothing: all is well
 */
export async function escapesOf(
  asAccount: Pick<ClickHouse, 'query'>,
  groupId: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const { sql, what } of ESCAPES) {
    const leaks = await asAccount
      .query<{ readonly leaks: number }>(sql, { group: groupId })
      .then(([row]) => (row?.leaks ?? 0) > 0)
      .catch(() => false) // refused, as it should be
    if (leaks) found.push(what)
  }
  return found
}
