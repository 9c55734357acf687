import {
  ACCOUNT_PREFIX,
  ACCOUNT_SYSTEM_FILTERS,
  accountFilter,
  escapeXml,
  grantsXml,
  type Role,
} from '@custom-events/clickhouse/access'

/** The role of who may do everything that the engine does here. */
export const FULL_ROLE = 'full'

/**
 * The roles of the engine, as XML, and their names: one of all rights, one for each of the table, one for each login of an
 * account. chDB makes users neither by SQL nor by name, its connections are all `default`; a role is what it can take.
 *
 * @param all what the first of them may
 */
export function rolesXml(
  {
    roles,
    database,
    accounts,
  }: {
    readonly roles: readonly Role[]
    readonly database: string
    readonly accounts: readonly string[]
  },
  all: string,
): { readonly roles: string; readonly names: readonly string[] } {
  const named = roles.flatMap((role) =>
    (role.name === 'account' ? accounts : [role.name]).map((name) => ({ name, role })),
  )
  const full = `    <${FULL_ROLE}><grants><query>GRANT ${all} ON *.*</query></grants></${FULL_ROLE}>`
  const others = named.map(
    ({ name, role }) => `    <${name}>\n${grantsXml(role, database)}\n    </${name}>`,
  )
  return {
    roles: [full, ...others].join('\n'),
    names: [FULL_ROLE, ...named.map(({ name }) => name)],
  }
}

/** In the order of the alphabet, so that an account's comes first; the rollups are refreshed with all roles at once. */
const FIRST_ROLE = 'currentRoles()[1]'
const IS_FULL = `has(currentRoles(), '${FULL_ROLE}')`
const IS_NO_ACCOUNT = `${IS_FULL} OR NOT startsWith(${FIRST_ROLE}, '${ACCOUNT_PREFIX}')`

/** Tables that have the column `group_id`; our views are read with the rights of who asks, and so with their policies. */
const TABLES_OF_ACCOUNTS = ['events', 'rollup_daily', 'rejected_events']

/**
 * The row policies of the engine, all of `default`: what they let through depends on its role. A server asks for a right to
 * nearly every table of `system`; chDB does not, so that who only reads is shown no rows of them.
 */
export function policiesXml({
  database,
  accounts,
}: {
  readonly database: string
  readonly accounts: readonly string[]
}): string {
  // Counts that need no rows read are not taken from a table that has a policy, whatever it lets through.
  const tables = accounts.length === 0 ? [] : TABLES_OF_ACCOUNTS
  const ofAccounts = `${IS_NO_ACCOUNT} OR (${accountFilter(FIRST_ROLE)})`
  return [
    filtersXml(database, Object.fromEntries(tables.map((name) => [name, ofAccounts]))),
    filtersXml('system', {
      '': `${IS_FULL} OR NOT (startsWith(${FIRST_ROLE}, '${ACCOUNT_PREFIX}') OR ${FIRST_ROLE} = 'reader')`,
      ...Object.fromEntries(SHOWN_TO_ALL.map((table) => [table, '1'])),
      ...Object.fromEntries(
        Object.entries(ACCOUNT_SYSTEM_FILTERS).map(([table, filter]) => [
          table,
          `${IS_NO_ACCOUNT} OR ${filter}`,
        ]),
      ),
    }),
  ].join('\n')
}

const SHOWN_TO_ALL =
  `one numbers numbers_mt zeros zeros_mt settings databases functions data_type_families table_functions
   table_engines formats collations time_zones build_options contributors licenses keywords
   aggregate_function_combinators current_roles enabled_roles quota_usage`.split(/\s+/)

function filtersXml(database: string, filters: Readonly<Record<string, string>>): string {
  const tables = Object.entries(filters).map(
    ([table, filter]) =>
      `          <table name="${escapeXml(table)}"><filter>${escapeXml(filter)}</filter></table>`,
  )
  return `        <database name="${escapeXml(database)}">\n${tables.join('\n')}\n        </database>`
}
