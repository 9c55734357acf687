import { randomBytes } from 'node:crypto'
import type { Role } from '@custom-events/clickhouse/access'

/** A password for each login that is named like its role. */
export type RolePasswords = Readonly<Record<string, string>>

/** The roles that have one login each; an account has its own. */
export function rolesWithLogin(roles: readonly Role[]): readonly Role[] {
  return roles.filter(({ name }) => name !== 'account')
}

/** New passwords that nobody can guess. */
export function newRolePasswords(roles: readonly Role[]): RolePasswords {
  return passwordByRole(roles, () => randomBytes(18).toString('base64url'))
}

/** `FRONT_WRITER_PASSWORD` and so on: how the front is told them. */
export function frontEnvironment(passwords: RolePasswords): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(passwords).map(([name, password]) => [variableOf(name), password]),
  )
}

/** @returns none for roles whose variable is empty */
export function passwordsOfRoles(
  roles: readonly Role[],
  environment: NodeJS.ProcessEnv,
): RolePasswords {
  const all = passwordByRole(roles, (name) => environment[variableOf(name)] ?? '')
  return Object.fromEntries(Object.entries(all).filter(([, password]) => password !== ''))
}

function passwordByRole(roles: readonly Role[], of: (name: string) => string): RolePasswords {
  return Object.fromEntries(rolesWithLogin(roles).map(({ name }) => [name, of(name)]))
}

function variableOf(name: string): string {
  return `FRONT_${name.toUpperCase()}_PASSWORD`
}
