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

/** A password that nobody can guess. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

/**
 * Makes the login of an account. ClickHouse is given a hash with a salt, so that no log has the password.
 *
 * @param asked.onCluster `ON CLUSTER …`, or nothing
 * @param asked.password of a login that is made on several ClickHouses. @default a new one
 * @throws {ClickHouseFailure} 493: it is there already
 */
export async function addAccount(
  clickhouse: Asked,
  groupId: string,
  asked: { readonly onCluster: string; readonly password?: string },
): Promise<NewAccountLogin> {
  const { onCluster, password = newPassword() } = asked
  const login = accountLogin(groupId)
  const user = quoteIdentifier(login)
  await clickhouse.command(
    `CREATE USER ${user} ${onCluster} ${identifiedBy(password)} DEFAULT DATABASE ${quoteIdentifier(clickhouse.database)}`,
  )
  try {
    await clickhouse.command(
      `GRANT ${onCluster} ${quoteIdentifier(roleOn(clickhouse.database, 'account'))} TO ${user}`,
    )
  } catch (error) {
    return withdraw(error, login, () => removeAccount(clickhouse, groupId, onCluster))
  }
  return { login, groupId, password }
}

function identifiedBy(password: string): string {
  const salt = randomBytes(16).toString('hex')
  const hash = createHash('sha256').update(`${password}${salt}`).digest('hex')
  return `IDENTIFIED WITH sha256_hash BY '${hash}' SALT '${salt}'`
}

/** A login that was to be removed again, and could not be. */
export class LoginStays extends Error {
  constructor(login: string, reasons: readonly [why: unknown, stays: unknown]) {
    const [why, stays] = reasons.map((each) =>
      each instanceof Error ? each.message : String(each),
    )
    super(`${why}; and ${login} is still there, because removing it failed: ${stays}`, {
      cause: new AggregateError(reasons),
    })
    this.name = 'LoginStays'
  }
}

/** Removes a login that nobody may have. @throws {LoginStays} or `why` */
export async function withdraw(
  why: unknown,
  login: string,
  remove: () => Promise<void>,
): Promise<never> {
  try {
    await remove()
  } catch (error) {
    throw new LoginStays(login, [why, error])
  }
  throw why
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
