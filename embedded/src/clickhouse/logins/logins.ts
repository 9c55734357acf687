import type { Role } from '@custom-events/clickhouse/access'
import { FULL_ROLE } from '../engine/engine-roles.ts'
import { exception } from '../engine/errors.ts'
import type { AccountStatement } from './account-statement.ts'
import type { Accounts } from './accounts.ts'
import { mayManageAccounts, type Credentials, type Login } from './login.ts'
import { rolesWithLogin, type RolePasswords } from './passwords.ts'

/** Everybody who may ask. */
export interface Logins {
  readonly named: (name: string) => Login | undefined
  /**
   * Makes, changes or removes the login of an account; resolves when the engine knows it.
   * @throws ServerException 497 for who may not, 493 and 192 as `Accounts.change`
   */
  readonly changeAccount: (
    asked: { readonly login: Login; readonly isReadOnly: boolean },
    statement: AccountStatement,
  ) => Promise<void>
}

export interface LoginsOptions {
  /** May do everything. */
  readonly full: Credentials
  readonly roles: readonly Role[]
  /** Of the logins that are named like their role; a role without a password has no login. */
  readonly passwords: RolePasswords
  readonly accounts: Accounts
  /** Starts the engine anew with the users that there are now. */
  readonly restartEngine: () => Promise<void>
}

export function createLogins(options: LoginsOptions): Logins {
  const { full, roles, passwords, accounts, restartEngine } = options
  const fixed = new Map<string, Login>()
  for (const { name, limits = null } of rolesWithLogin(roles)) {
    const password = passwords[name]
    if (password === undefined) continue
    fixed.set(name, { name, engineRole: name, role: name, limits, secret: { password } })
  }
  const { user, password } = full
  const everything = { engineRole: FULL_ROLE, role: null, limits: null }
  fixed.set(user, { name: user, ...everything, secret: { password } })
  let last: Promise<void> = Promise.resolve() // one restart at a time
  return {
    named: (name) => fixed.get(name) ?? accounts.named(name),
    changeAccount: async ({ login, isReadOnly }, statement) => {
      if (isReadOnly) throw exception(164, 'Cannot execute query in readonly mode: use POST.')
      if (!mayManageAccounts(login)) {
        throw exception(497, `${login.name}: Not enough privileges: only setup manages accounts.`)
      }
      if (!accounts.change(statement)) return
      const restarted = last.then(restartEngine)
      last = restarted.catch(() => {})
      await restarted
    },
  }
}
