import type { RoleName } from '@custom-events/clickhouse/access'
import type { Asker } from '../sql/asker.ts'

/** Somebody who may ask. */
export interface Login extends Asker {
  readonly name: string
  /** `null`: everything that the embedded engine does at all. */
  readonly role: RoleName | null
  readonly secret: Secret
}

/** What proves that a login is who it says: a password, or its SHA-256 with a salt behind it. */
export type Secret =
  { readonly password: string } | { readonly sha256: string; readonly salt: string }

/** A name and a password, as a request shows them. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Logins that make and remove those of accounts. */
export function mayManageAccounts({ role }: Login): boolean {
  return role === null || role === 'setup'
}
