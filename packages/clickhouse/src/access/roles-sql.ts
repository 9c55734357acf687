import { allShardsDatabase, keysDatabase } from '../client/other-databases.ts'
import { quoteIdentifier } from '../client/quote.ts'
import { ACCOUNT_SYSTEM_FILTERS, accountFilter } from './account-name.ts'
import type { Grant, Limit, Quota, Role, RoleName } from './role.ts'
import { ROLES } from './roles.ts'

export interface RolesPlace {
  readonly database: string
  /** `ON CLUSTER …`, or nothing. */
  readonly onCluster: string
  /** Whether there are tables over all shards. @default false */
  readonly isOverShards?: boolean
}

/** The role of a database on a server: another database has others. */
export function roleOn(database: string, role: RoleName): string {
  return `${database}_${role}`
}

/**
 * The statements that make the roles, or make those that are there what the table says. A role keeps its rights at
 * every moment: what it has no more is taken with the statement that gives the rest.
 */
export function rolesSql(place: RolesPlace): readonly string[] {
  return ROLES.flatMap((role) => roleSql(role, place))
}

function roleSql(
  role: Role,
  { database, onCluster, isOverShards = false }: RolesPlace,
): readonly string[] {
  const name = quoteIdentifier(roleOn(database, role.name))
  const on = onCluster === '' ? '' : ` ${onCluster}`
  const parts = grantParts(role, { database, isOnCluster: onCluster !== '', isOverShards })
  return [
    `CREATE ROLE IF NOT EXISTS ${name}${on}`,
    ...(role.name === 'account' ? accountPolicySql({ database, onCluster, isOverShards }) : []),
    ...(role.limits === undefined
      ? []
      : [`ALTER ROLE ${name}${on} SETTINGS ${role.limits.map(settingSql).join(', ')}`]),
    ...(role.quota === undefined ? [] : [quotaSql(name, role.quota, on)]),
    `GRANT${on} ${parts.join(', ')} TO ${name} WITH REPLACE OPTION`,
  ]
}

/**
 * Of everything in the database, what has no account included: that then is an error, and no leak. Restrictive: whatever
 * other policies let through, this one has to, too. Over all shards likewise, should somebody give an account a right to that.
 */
function accountPolicySql({
  database,
  onCluster,
  isOverShards = false,
}: RolesPlace): readonly string[] {
  const name = quoteIdentifier(roleOn(database, 'account'))
  const databases = [database, ...(isOverShards ? [allShardsDatabase(database)] : [])]
  const policies = [
    ...databases.map((each) => [`${quoteIdentifier(each)}.*`, accountFilter('currentUser()')]),
    ...Object.entries(ACCOUNT_SYSTEM_FILTERS).map(([table, filter]) => [`system.${table}`, filter]),
  ]
  const on = onCluster === '' ? '' : ` ${onCluster}`
  return policies.map(
    ([place, filter]) =>
      `CREATE ROW POLICY OR REPLACE ${name}${on} ON ${place} FOR SELECT USING ${filter} AS RESTRICTIVE TO ${name}`,
  )
}

function settingSql({ setting, value, change }: Limit): string {
  const bounds = change === 'fixed' ? ' CONST' : change === 'most' ? ` MIN 1 MAX ${value}` : ''
  return `${setting} = ${value}${bounds}`
}

/** Counted for each user, not for all of a role together. */
function quotaSql(role: string, quota: Quota, on: string): string {
  return (
    `CREATE QUOTA OR REPLACE ${role}${on} KEYED BY user_name FOR INTERVAL 1 hour ` +
    `MAX queries = ${quota.queries}, read_rows = ${quota.readRows}, ` +
    `execution_time = ${quota.executionSeconds} TO ${role}`
  )
}

/** `SELECT(a, b) ON custom_events.events`: a part of a GRANT, one for each right and table. */
export function grantParts(
  role: Role,
  {
    database,
    isOnCluster,
    isOverShards = false,
  }: {
    readonly database: string
    readonly isOnCluster: boolean
    readonly isOverShards?: boolean | undefined
  },
): readonly string[] {
  return role.grants
    .filter(({ isOfClusters = false }) => isOnCluster || !isOfClusters)
    .filter(({ isOfShards = false }) => isOverShards || !isOfShards)
    .flatMap((grant) => grant.on.map((on) => `${rightsOf(grant)} ON ${placeOf(on, database)}`))
}

/** @param columns of a table: those of a right to the whole table are left out */
function rightsOf({ rights, columns }: Grant): string {
  const list = columns === undefined ? '' : `(${columns.map(quoteIdentifier).join(', ')})`
  return rights.map((right) => `${right}${list}`).join(', ')
}

function placeOf(on: string, database: string): string {
  if (on === '*.*') return on
  const [first = '', second] = on.split('.')
  const [name, table] =
    second === undefined ? [database, first] : [databaseNamed(first, database), second]
  return `${quoteIdentifier(name)}.${table.endsWith('*') ? table : quoteIdentifier(table)}`
}

function databaseNamed(name: string, database: string): string {
  if (name === 'keys') return keysDatabase(database)
  return name === 'all' ? allShardsDatabase(database) : name
}
