import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from './engine/engine.ts'
import { exception, ServerException } from './engine/errors.ts'
import { insertFile, spool } from './insert.ts'
import { identifier, LITERALS_ONLY } from './sql/settings.ts'
import { readStatement } from './sql/statement.ts'

/** A file of a form: a table that exists for the time of one query. */
export interface ExternalTable {
  readonly name: string
  readonly bytes: Buffer
  readonly format: string
  /** The statement that makes it. */
  readonly definition: string
}

/** A file as a form holds it. */
export interface FormFile {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * External data: what the URL says of a file, as `NAME_format` and `NAME_structure` or `NAME_types`.
 * @param search without these names afterwards, which are no settings
 * @throws ServerException 36 for a file without a structure, 62 for one that is none
 */
export function readExternalTable(
  { name, bytes }: FormFile,
  search: URLSearchParams,
): ExternalTable {
  const structure = take(search, `${name}_structure`)
  const types = take(search, `${name}_types`)
  const format = take(search, `${name}_format`) ?? 'TabSeparated'
  const columns = structure ?? columnsOf(types)
  if (columns === undefined) {
    throw exception(36, `The external data ${name} has no ${name}_structure and no ${name}_types.`)
  }
  if (!/^\w+$/.test(format)) throw exception(73, `Unknown format ${format}.`)
  const definition = `CREATE TEMPORARY TABLE ${identifier(name)} (${columns}) ENGINE = Memory`
  const statement = readStatement(Buffer.from(definition).toString('latin1'))
  if (statement.kind !== 'command') throw exception(62, `${name}_structure is no list of columns.`)
  return { name, bytes, format, definition }
}

function take(search: URLSearchParams, name: string): string | undefined {
  const value = search.get(name)
  search.delete(name)
  return value ?? undefined
}

/** `UInt8,Array(Tuple(a String, b UInt8))`: commas within brackets are part of a type. */
function columnsOf(types: string | undefined): string | undefined {
  if (types === undefined) return undefined
  const list: string[] = ['']
  let depth = 0
  for (const character of types) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === ',' && depth === 0) list.push('')
    else list[list.length - 1] += character
  }
  return list.map((type, at) => `_${at + 1} ${type.trim()}`).join(', ')
}

interface External {
  readonly tables: readonly ExternalTable[]
  readonly spoolFolder: string
  /** Whether the values of the query's own data are expressions; those of the tables never are when confined. */
  readonly evaluatesValues: boolean | undefined
}

/** Runs one query for which these tables exist. */
export async function withExternalTables<T>(
  connection: Connection,
  { tables, spoolFolder, evaluatesValues }: External,
  work: () => Promise<T>,
): Promise<T> {
  const made: string[] = []
  try {
    for (const table of tables) {
      await connection.query(table.definition)
      made.push(table.name)
      const settings = evaluatesValues === undefined ? '' : LITERALS_ONLY
      await fill(connection, table, { spoolFolder, settings })
    }
    return await work()
  } finally {
    for (const name of made) {
      await connection.query(`DROP TEMPORARY TABLE IF EXISTS ${identifier(name)}`)
    }
  }
}

async function fill(
  connection: Connection,
  { name, bytes, format }: ExternalTable,
  { spoolFolder, settings }: { readonly spoolFolder: string; readonly settings: string },
): Promise<void> {
  const path = join(spoolFolder, randomUUID())
  const target = `INSERT INTO ${identifier(name)}`
  try {
    await spool(path, { first: bytes, rest: null })
    await insertFile(connection, { kind: 'insert', target, settings, format, dataStart: 0 }, path)
  } catch (error) {
    if (!(error instanceof ServerException)) throw error
    throw new ServerException(error.code, `${error.message} (external data ${name})`, {
      cause: error,
    })
  } finally {
    await rm(path, { force: true })
  }
}
