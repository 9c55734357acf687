import { identifier, literal, type Parameters, type Setting } from '../sql/settings.ts'
import type { Connection } from './engine.ts'

export interface Loan<T> {
  /** Limits that this query does not have, where they are still those of every session. */
  readonly lifted: readonly Setting[]
  /** Sets what the request says. */
  readonly prepare: () => Promise<void>
  readonly work: () => Promise<T>
  /** Called when something cannot be made what it was before. */
  readonly lose: () => void
}

/**
 * Runs one query on a connection that others follow on: settings, database and roles of the request are those of
 * this query alone, as with a server. What was so before is so again after; when that fails the query keeps its
 * outcome, and the connection is lost.
 */
export async function borrow<T>(
  connection: Connection,
  { settings, database, roles }: Parameters,
  { lifted, prepare, work, lose }: Loan<T>,
): Promise<T> {
  const asked = settings.map(([name]) => name).filter((name) => !name.startsWith('param_'))
  const names = [...new Set(asked)]
  const limits = (await unlessItFails(() => stillSet(connection, lifted))) ?? []
  const before = await unlessItFails(() => settingsNow(connection, names))
  const others = await unlessItFails(async () => [
    ...(database === undefined ? [] : [await databaseNow(connection)]),
    ...(roles.length === 0 ? [] : [await rolesNow(connection)]),
  ])
  let isPrepared = false
  try {
    const none = limits.map(([name]) => [name, null] as const)
    await assign(connection, none)
    await prepare()
    isPrepared = true
    return await work()
  } finally {
    const isUndone = await unlessItFails(async () => {
      await assign(connection, limits)
      await assign(connection, [...(before ?? [])])
      for (const sql of others ?? []) await connection.query(sql)
      return before !== undefined && others !== undefined
    })
    // A name that is none has failed with `prepare`; one that nothing was said of has not.
    const isKnown = !isPrepared || before?.size === names.length
    if (isUndone !== true || !isKnown) lose()
  }
}

/** What fails here is no reason to fail the query. */
async function unlessItFails<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

/** @param values `null`: the default */
async function assign(
  connection: Connection,
  values: readonly (readonly [name: string, value: string | null])[],
): Promise<void> {
  if (values.length === 0) return
  const assignments = values.map(
    ([name, value]) => `${name} = ${value === null ? 'DEFAULT' : literal(value)}`,
  )
  await connection.query(`SET ${assignments.join(', ')}`)
}

/** @returns the value of each setting that exists and can be told; `null`: nobody changed it */
async function settingsNow(
  connection: Connection,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (names.length === 0) return new Map()
  // One row: a limit that is asked for, and so in force, does not cut it.
  const sql = `SELECT groupArray(name), groupArray(value), groupArray(toString(changed))
    FROM system.settings WHERE name IN (${names.map(literal).join(', ')}) ${unhindered(names)}`
  const [row] = await rowsOf<readonly [string[], string[], string[]]>(connection, sql)
  if (row === undefined) throw new Error('the settings of the session are hidden by an offset')
  const [found, values, changed] = row
  const settings = found.map(
    (name, at) => [name, changed[at] === '1' ? (values[at] ?? null) : null] as const,
  )
  return new Map(settings.filter(([name, value]) => !(value === '0' && spent.has(name))))
}

/** The engine sets these to 0 while it applies them: what they were cannot be read. */
const spent = new Set(['limit', 'offset'])

/** @returns those that have this value; read from no table, so that no limit of the session is in the way */
async function stillSet(
  connection: Connection,
  settings: readonly Setting[],
): Promise<readonly Setting[]> {
  if (settings.length === 0) return []
  const names = settings.map(([name]) => name)
  const values = names.map((name) => `toString(getSetting(${literal(name)}))`)
  const sql = `SELECT [${values.join(', ')}] ${unhindered(names)}`
  const [row] = await rowsOf<readonly [readonly string[]]>(connection, sql)
  return settings.filter(([, value], at) => Number(row?.[0][at]) === Number(value))
}

async function databaseNow(connection: Connection): Promise<string> {
  const [row] = await rowsOf<[string]>(connection, `SELECT currentDatabase() ${unhindered([])}`)
  return `USE ${identifier(row?.[0] ?? 'default')}`
}

async function rolesNow(connection: Connection): Promise<string> {
  const sql = `SELECT currentRoles() ${unhindered([])}`
  const [row] = await rowsOf<[readonly string[]]>(connection, sql)
  const roles = row?.[0] ?? []
  return roles.length === 0 ? 'SET ROLE NONE' : `SET ROLE ${roles.map(identifier).join(', ')}`
}

/** Settings of a session that would cut the answers to what is asked here, or refuse them. */
const hindering = [
  'limit',
  'offset',
  'max_result_rows',
  'max_result_bytes',
  'max_rows_to_read',
  'max_bytes_to_read',
  'max_columns_to_read',
  'max_rows_in_set',
  'max_bytes_in_set',
  'max_execution_time',
  'max_memory_usage',
  'use_query_cache',
]

/** @param asked names whose values are wanted: set for the query that asks, they would be seen as such */
function unhindered(asked: readonly string[]): string {
  const names = hindering.filter((name) => !asked.includes(name))
  return names.length === 0 ? '' : `SETTINGS ${names.map((name) => `${name} = 0`).join(', ')}`
}

async function rowsOf<T>(connection: Connection, sql: string): Promise<readonly T[]> {
  const { bytes } = await connection.query(sql, 'JSONCompact')
  return (JSON.parse(bytes.toString()) as { readonly data: readonly T[] }).data // as the format is defined
}
