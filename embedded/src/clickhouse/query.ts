import type { IncomingMessage, ServerResponse } from 'node:http'
import { openBody, readForm, readHead } from './body.ts'
import { exception } from './engine/errors.ts'
import { readExternalTable, type ExternalTable } from './external.ts'
import type { InsertData } from './insert.ts'
import type { Login } from './logins/login.ts'
import type { Compression } from './reply.ts'
import { readParameters, type Parameters } from './sql/settings.ts'
import { readStatement } from './sql/statement.ts'
import type { Statement } from './sql/statement-kind.ts'

/** Each is looked for among all that were before. */
const MAX_FIELDS = 1_000
/** Enough to see where the data of an INSERT begins. */
const HEAD_BYTES = 256 * 1024

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly search: URLSearchParams
  readonly isReadOnly: boolean
  /** Who asks. */
  readonly login: Login
}

export interface Query {
  readonly parameters: Parameters
  readonly statement: Statement
  /** The statement without the data of an INSERT, one character per byte. */
  readonly text: string
  readonly tables: readonly ExternalTable[]
  /** What follows the text of an INSERT. */
  readonly data: InsertData
}

/** The query is the URL's `query` followed by the body; the data of an INSERT is not read yet. */
export async function readQuery({
  request,
  search,
}: Pick<Exchange, 'request' | 'search'>): Promise<Query> {
  const contentType = request.headers['content-type'] ?? ''
  const body = openBody(request, /^(1|true)$/.test(search.get('decompress') ?? ''))
  const tables: ExternalTable[] = []
  const database = request.headers['x-clickhouse-database']?.toString()
  if (database !== undefined && !search.has('database')) search.set('database', database)
  if (contentType.startsWith('multipart/form-data')) {
    const { bytes } = await readHead(body, Infinity)
    const { fields, files } = await readForm(bytes, contentType)
    if (fields.length > MAX_FIELDS) {
      throw exception(36, `The form has ${fields.length} fields, more than ${MAX_FIELDS}.`)
    }
    for (const [name, value] of fields) search.set(name, value)
    tables.push(...files.map((file) => readExternalTable(file, search)))
  }
  const parameters = readParameters(search)
  const inUrl = Buffer.from(parameters.query === '' ? '' : `${parameters.query}\n`)
  let statement = readStatement(inUrl.toString('latin1'))
  if (statement.kind === 'insert') {
    const text = inUrl.toString('latin1', 0, statement.dataStart)
    const first = inUrl.subarray(statement.dataStart)
    return { parameters, statement, text, tables, data: { first, rest: body } }
  }
  let head = await readHead(body, HEAD_BYTES)
  let sql = Buffer.concat([inUrl, head.bytes])
  statement = readStatement(sql.toString('latin1'))
  if (statement.kind !== 'insert' && !head.isAll) {
    head = await readHead(body, Infinity)
    sql = Buffer.concat([sql, head.bytes])
    statement = readStatement(sql.toString('latin1'))
  }
  const textEnd = statement.kind === 'insert' ? statement.dataStart : sql.length
  const text = sql.toString('latin1', 0, textEnd)
  const first = statement.kind === 'insert' ? sql.subarray(textEnd) : sql
  return { parameters, statement, text, tables, data: { first, rest: head.isAll ? null : body } }
}

/** The format of the result, as the query, the URL or a header says. */
export function formatOf(
  statement: Statement,
  parameters: Parameters,
  { headers }: IncomingMessage,
): string {
  const asked = parameters.defaultFormat ?? headers['x-clickhouse-format']?.toString()
  const written = 'format' in statement ? statement.format : undefined
  return written ?? (/^\w+$/.test(asked ?? '') ? String(asked) : 'TabSeparated')
}

/** ClickHouse's own blocks exclude HTTP's ways: some clients inflate only one of both. */
export function compressionOf(parameters: Parameters, { headers }: IncomingMessage): Compression {
  if (parameters.compressesBlocks) return 'blocks'
  if (!parameters.allowsCompression) return 'none'
  const accepted = (headers['accept-encoding']?.toString() ?? '').split(/[\s,;]+/)
  return (['zstd', 'gzip'] as const).find((each) => accepted.includes(each)) ?? 'none'
}
