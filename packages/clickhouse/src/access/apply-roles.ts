import type { ClickHouse } from '../client/clickhouse.ts'
import { quoteIdentifier } from '../client/quote.ts'
import { mustHaveRoom } from '../disk/room.ts'
import { ACCESS_DENIED, ClickHouseFailure } from '../errors/failure.ts'
import { roleOn, rolesSql, type RolesPlace } from './roles-sql.ts'

/** What became of the roles. */
export type RolesOutcome =
  | { readonly kind: 'applied'; readonly statements: number }
  /** The server takes users from a file, as the embedded one does: there is nothing to make. */
  | { readonly kind: 'file' }
  /** The user may not manage access; what ClickHouse said. */
  | { readonly kind: 'not allowed'; readonly reason: string }
  /** `users_without_row_policies_can_read_rows` is off: a row policy of one role would hide every row from all others. */
  | { readonly kind: 'would hide rows' }

/** Access storage read-only, and no storage to insert into. */
const FROM_A_FILE = new Set([495, 514])

/**
 * Makes the roles what the table says, where the user may manage access.
 *
 * @throws {ClickHouseFailure} for anything else than a missing right
 */
export async function applyRoles(
  clickhouse: Pick<ClickHouse, 'command' | 'query' | 'database'>,
  where: Omit<RolesPlace, 'database'>,
): Promise<RolesOutcome> {
  const { onCluster } = where
  const place = { ...where, database: clickhouse.database }
  await mustHaveRoom({ clickhouse, cluster: '' }, null)
  try {
    if (await wouldHideRows(clickhouse, onCluster)) return { kind: 'would hide rows' }
    const statements = rolesSql(place)
    for (const statement of statements) await clickhouse.command(statement)
    return { kind: 'applied', statements: statements.length }
  } catch (error) {
    if (!(error instanceof ClickHouseFailure)) throw error
    const { code, message } = error.failure
    if (code !== null && FROM_A_FILE.has(code)) return { kind: 'file' }
    if (code !== ACCESS_DENIED) throw error
    return (await comeFromAFile(clickhouse))
      ? { kind: 'file' }
      : { kind: 'not allowed', reason: message }
  }
}

/** Whether a file has users for our roles, or, with the embedded engine, the roles themselves. */
async function comeFromAFile(clickhouse: Pick<ClickHouse, 'query'>): Promise<boolean> {
  const users = await clickhouse
    .query(
      `SELECT 1 FROM (SELECT name, storage FROM system.users UNION ALL SELECT name, storage FROM system.roles)
       WHERE name IN ('setup', 'writer') AND storage = 'users_xml'`,
    )
    .catch((error: unknown) => {
      if (error instanceof ClickHouseFailure && error.failure.code === ACCESS_DENIED) return []
      throw error
    })
  return users.length === 2
}

/**
 * Tried where nothing depends on it: a policy for a role that we do not have, on a table that has rows.
 * @see https://clickhouse.com/docs/operations/server-configuration-parameters/settings#access_control_improvements
 */
async function wouldHideRows(
  clickhouse: Pick<ClickHouse, 'command' | 'query' | 'database'>,
  onCluster: string,
): Promise<boolean> {
  const { database } = clickhouse
  const role = quoteIdentifier(roleOn(database, 'account'))
  const policy = `${quoteIdentifier(`${database}_check`)} ${onCluster} ON ${quoteIdentifier(database)}.migrations`
  await clickhouse.command(`CREATE ROLE IF NOT EXISTS ${role} ${onCluster}`)
  await clickhouse.command(
    `CREATE ROW POLICY OR REPLACE ${policy} FOR SELECT USING 1 AS RESTRICTIVE TO ${role}`,
  )
  try {
    const rows = await clickhouse.query('SELECT 1 FROM migrations LIMIT 1')
    return rows.length === 0
  } finally {
    await clickhouse.command(`DROP ROW POLICY IF EXISTS ${policy}`)
  }
}
