/** Logins of accounts begin so; nobody else's may. */
export const ACCOUNT_PREFIX = 'account-'

/**
 * The login of an account: its `group_id` byte by byte, letters and digits as they are, any other byte as `-2F`. So every
 * text is a name that ClickHouse, XML and HTTP take as it is, and no two accounts have one login.
 */
export function accountLogin(groupId: string): string {
  const encoded = Array.from(Buffer.from(groupId), (byte) => {
    const character = String.fromCodePoint(byte)
    return /[A-Za-z0-9]/.test(character)
      ? character
      : `-${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return `${ACCOUNT_PREFIX}${encoded.join('')}`
}

/** @returns the `group_id` of a login; `null`: it is no account's */
export function accountOf(login: string): string | null {
  if (!ACCOUNT_LOGIN.test(login)) return null
  const bytes = login
    .slice(ACCOUNT_PREFIX.length)
    .match(/-[0-9A-F]{2}|[A-Za-z0-9]/g)
    ?.map((piece) =>
      piece.length === 1 ? piece.codePointAt(0) : Number.parseInt(piece.slice(1), 16),
    )
  const groupId = Buffer.from((bytes ?? []).map((byte) => byte ?? 0)).toString()
  return accountLogin(groupId) === login ? groupId : null
}

/** Anything else is no login of an account: checked before it becomes part of SQL or XML. */
const ACCOUNT_LOGIN = /^account-(?:-[0-9A-F]{2}|[A-Za-z0-9])+$/

/**
 * The row policy of all accounts: the rows whose account is that of the login. One text for every login, so that a new
 * one, and a new table, never stands without it. What is no login of an account sees nothing.
 *
 * @param login SQL of its name
 */
export function accountFilter(login: string): string {
  return (
    `group_id = decodeURLComponent(replaceAll(substring(${login}, ${ACCOUNT_PREFIX.length + 1}), '-', '%')) ` +
    `AND startsWith(${login}, '${ACCOUNT_PREFIX}')`
  )
}

/**
 * What an account is shown of tables of `system` that everybody may read: nothing that says how many rows of all accounts
 * there are.
 */
export const ACCOUNT_SYSTEM_FILTERS: Readonly<Record<string, string>> = {
  tables: "engine = 'View'",
  columns: 'data_compressed_bytes = 0',
}
