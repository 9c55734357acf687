import { identifier, literal, type Parameters } from '../sql/settings.ts'
import type { Connection } from './engine.ts'

/**
 * Runs one query on a connection that others follow on: settings, database and roles of the request are those of
 * this query alone, as with a server. What was so before is so again after.
 * @param prepare sets them
 */
export async function borrow<T>(
  connection: Connection,
  { settings, database, roles }: Parameters,
  { prepare, work }: { prepare: () => Promise<void>; work: () => Promise<T> },
): Promise<T> {
  const names = settings.map(([name]) => name).filter((name) => !name.startsWith('param_'))
  const undo = [
    ...(names.length === 0 ? [] : [`SET ${await settingsNow(connection, names)}`]),
    ...(database === undefined ? [] : [await databaseNow(connection)]),
    ...(roles.length === 0 ? [] : [await rolesNow(connection)]),
  ]
  try {
    await prepare()
    return await work()
  } finally {
    for (const sql of undo) await connection.query(sql)
  }
}

async function settingsNow(connection: Connection, names: readonly string[]): Promise<string> {
  const list = names.map(literal).join(', ')
  const sql = `SELECT name, if(changed, value, NULL) FROM system.settings WHERE name IN (${list})`
  const rows = await rowsOf<[string, string | null]>(connection, sql)
  const assignments = rows.map(
    ([name, value]) => `${name} = ${value === null ? 'DEFAULT' : literal(value)}`,
  )
  // A name that is none fails with `prepare`.
  return assignments.length === 0 ? 'implicit_select = 0' : assignments.join(', ')
}

async function databaseNow(connection: Connection): Promise<string> {
  const [row] = await rowsOf<[string]>(connection, 'SELECT currentDatabase()')
  return `USE ${identifier(row?.[0] ?? 'default')}`
}

async function rolesNow(connection: Connection): Promise<string> {
  const [row] = await rowsOf<[readonly string[]]>(connection, 'SELECT currentRoles()')
  const roles = row?.[0] ?? []
  return roles.length === 0 ? 'SET ROLE NONE' : `SET ROLE ${roles.map(identifier).join(', ')}`
}

async function rowsOf<T>(connection: Connection, sql: string): Promise<readonly T[]> {
  const { bytes } = await connection.query(sql, 'JSONCompact')
  return (JSON.parse(bytes.toString()) as { readonly data: readonly T[] }).data // as the format is defined
}
