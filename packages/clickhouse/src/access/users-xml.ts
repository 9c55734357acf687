import { grantParts } from './roles-sql.ts'
import type { Limit, Quota, Role } from './role.ts'

/**
 * The parts of a `users.xml` that make a user for each role, with what it may: docker-compose.yml gives them to ClickHouse.
 * Not for accounts, whose row policy is made by SQL.
 *
 * @param database its tables are what they may use
 * @param passwordOf XML that says how a user proves who it is: `<password from_env="…"/>`
 */
export function usersXml(
  database: string,
  roles: readonly Role[],
  passwordOf: (role: Role) => string,
): Readonly<Record<'profiles' | 'quotas' | 'users', string>> {
  return {
    profiles: roles.map(profileXml).join('\n'),
    quotas: roles.map(quotaXml).join('\n'),
    users: roles.map((role) => userXml(role, database, passwordOf(role))).join('\n'),
  }
}

function profileXml({ name, limits = [] }: Role): string {
  const values = limits.map(({ setting, value }) => `<${setting}>${value}</${setting}>`)
  const bounds = limits.map(({ setting, ...limit }) => {
    const bound = boundOf(limit)
    return bound === '' ? '' : `<${setting}>${bound}</${setting}>`
  })
  return `    <${name}><profile>default</profile>${values.join('')}<constraints>${bounds.join('')}</constraints></${name}>`
}

function boundOf({ value, change }: Pick<Limit, 'value' | 'change'>): string {
  switch (change) {
    case 'fixed':
      return '<const/>'
    case 'most':
      return `<min>1</min><max>${value}</max>`
    case 'default':
      return ''
    default:
      return change satisfies never
  }
}

function quotaXml({ name, quota }: Role): string {
  return `    <${name}>${quota === undefined ? '' : intervalXml(quota)}</${name}>`
}

function intervalXml({ queries, readRows, executionSeconds }: Quota): string {
  return (
    `<interval><duration>3600</duration><queries>${queries}</queries>` +
    `<read_rows>${readRows}</read_rows><execution_time>${executionSeconds}</execution_time></interval>`
  )
}

function userXml(role: Role, database: string, password: string): string {
  return `    <${role.name}>
      ${password}
      <profile>${role.name}</profile>
      <quota>${role.name}</quota>
      <networks><ip>::/0</ip></networks>
${grantsXml(role, database)}
    </${role.name}>`
}

/** What a role, or a user, may. */
export function grantsXml(role: Role, database: string): string {
  const grants = grantParts(role, { database, isOnCluster: false })
  const queries = grants.map((part) => `        <query>GRANT ${escapeXml(part)}</query>`)
  return `      <grants>
${queries.join('\n')}
      </grants>`
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
