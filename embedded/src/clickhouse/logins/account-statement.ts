import type { Secret } from './login.ts'

/**
 * What a statement does to the logins of accounts. The engine has no place for users that are made by SQL, so that the
 * front takes these statements, in the one form in which `custom-events account` sends them.
 */
export type AccountStatement =
  | { readonly kind: 'create' | 'alter'; readonly login: string; readonly secret: Secret }
  /** The role that `create` gives anyway. */
  | { readonly kind: 'grant'; readonly login: string }
  | { readonly kind: 'drop'; readonly login: string }

const LOGIN = '`(?<login>account-(?:-[0-9A-F]{2}|[A-Za-z0-9])+)`'
const IDENTIFIED = String.raw`IDENTIFIED WITH sha256_hash BY '(?<sha256>[0-9a-f]{64})' SALT '(?<salt>[0-9a-f]*)'`

const FORMS = [
  [
    'create',
    new RegExp(String.raw`^CREATE USER ${LOGIN} +${IDENTIFIED}(?: DEFAULT DATABASE \x60\w+\x60)?$`),
  ],
  ['alter', new RegExp(`^ALTER USER ${LOGIN} +${IDENTIFIED}$`)],
  ['grant', new RegExp(String.raw`^GRANT +\x60\w+_account\x60 TO ${LOGIN}$`)],
  ['drop', new RegExp(`^DROP USER ${LOGIN}$`)],
] as const

/** @returns `undefined`: it is for the engine */
export function readAccountStatement(text: string): AccountStatement | undefined {
  for (const [kind, form] of FORMS) {
    const { login, sha256 = '', salt = '' } = form.exec(text.trim())?.groups ?? {}
    if (login === undefined) continue
    return kind === 'create' || kind === 'alter'
      ? { kind, login, secret: { sha256, salt } }
      : { kind, login }
  }
  return undefined
}
