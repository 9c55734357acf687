import { randomUUID } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { authenticate, type Credentials } from './authentication.ts'
import { openBody, readForm, readHead } from './body.ts'
import { isHarmlessData, whyNotConfined, whyNotSettable } from './sql/confined.ts'
import { contentTypeOf } from './content-type.ts'
import type { Outcome } from './engine/engine.ts'
import { exception, ServerException, toServerException } from './engine/errors.ts'
import { insertFile, spool, type InsertData } from './insert.ts'
import { whyForeign } from './origin.ts'
import { createReply, sendError, type Reply } from './reply.ts'
import { select } from './select.ts'
import { preparation, readParameters, type Parameters } from './sql/settings.ts'
import type { Slot, Slots } from './engine/slots.ts'
import { readStatement } from './sql/statement.ts'
import type { Statement } from './sql/statement-kind.ts'

export interface FrontOptions {
  readonly slots: Slots
  readonly credentials: Credentials
  /** A private folder for the data of inserts and for results that are held back. */
  readonly spoolFolder: string
  readonly timezone: string
  /** Whether queries may reach files and other servers. */
  readonly allowsSources: boolean
  /** Names of this server in the header Host, besides loopback names and addresses. */
  readonly names: readonly string[]
}

/** Enough to see where the data of an INSERT begins. */
const HEAD_BYTES = 256 * 1024
const KEEP_ALIVE_MS = 30_000
/** Longer data of `INSERT … VALUES` is taken as literals, without looking at it. */
const MAX_EVALUATED_BYTES = 16 * 1024 * 1024

/** The HTTP interface of ClickHouse, as far as clients and curl use it. */
export function createFront(options: FrontOptions): Server {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendError(response, toServerException(error))
    })
  })
  server.requestTimeout = 0 // bodies may take long, as long as they do not stop: see openBody
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return server
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
): Promise<void> {
  const foreign = whyForeign(request.headers, options.names)
  if (foreign !== undefined) throw exception(497, `Not for web pages: ${foreign}.`)
  const url = new URL(request.url ?? '/', 'http://front')
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return sendOk(response)
  if (url.pathname !== '/') return sendNotFound(request, response)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead && request.method !== 'POST') return sendNotFound(request, response)
  if (isRead && !url.searchParams.has('query')) return sendOk(response)
  response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') || randomUUID())
  response.setHeader('X-ClickHouse-Timezone', options.timezone)
  authenticate(request, url.searchParams, options.credentials)
  await runQuery({ request, response, search: url.searchParams, isReadOnly: isRead }, options)
}

function sendOk(response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/html; charset=UTF-8')
  response.end('Ok.\n')
}

function sendNotFound(request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = 404
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.end(
    `There is no handle ${request.method} ${request.url}\nUse / for queries, /ping for health checks.\n`,
  )
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly search: URLSearchParams
  readonly isReadOnly: boolean
}

/** read → classify → (spool) → run → answer */
async function runQuery(exchange: Exchange, options: FrontOptions): Promise<void> {
  const { request, response } = exchange
  const { parameters, statement, text, data } = await readQuery(exchange)
  if (statement.kind === 'refused') throw statement.error
  if (!options.allowsSources) confine(statement, text, parameters)
  const format = formatOf(statement, parameters, request)
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('Content-Type', contentTypeOf(format))
  const spoolFile = join(options.spoolFolder, randomUUID())
  const reply = createReply(response, {
    isCompressed: parameters.allowsCompression && acceptsGzip(request),
    ...(parameters.waitEndOfQuery ? { holdIn: `${spoolFile}-result` } : {}),
  })
  try {
    if (statement.kind === 'insert') await spool(spoolFile, data)
    const evaluatesValues = !options.allowsSources && (await mayEvaluate(statement, spoolFile))
    const outcome = await options.slots.use(async (slot) => {
      for (const sql of preparation(parameters, {
        mark: slot.mark,
        isReadOnly: exchange.isReadOnly,
        evaluatesValues,
      })) {
        await slot.connection.query(sql)
      }
      return run(statement, { slot, reply, format, spoolFile, response })
    })
    await reply.end(outcome)
  } catch (error) {
    await reply.fail(
      options.allowsSources ? toServerException(error) : hinted(toServerException(error)),
    )
  } finally {
    if (statement.kind === 'insert') await rm(spoolFile, { force: true })
  }
}

/** @throws ServerException 497 for what would leave the data folder, see confined.ts */
function confine(statement: Statement, text: string, { settings }: Parameters): void {
  const refusal =
    whyNotConfined(text, { isCommand: statement.kind === 'command' }) ??
    settings.map(([name]) => whyNotSettable(name)).find((each) => each !== undefined)
  if (refusal !== undefined) throw refusal
}

/** The engine knows of rights, but not of how this one gets more of them. */
function hinted(error: ServerException): ServerException {
  if (error.code !== 497) return error
  return new ServerException(497, `${error.message} Allowed with --allow-sources.`, {
    cause: error,
  })
}

/** Whether expressions among the values of `INSERT … VALUES` are evaluated. */
async function mayEvaluate(statement: Statement, spoolFile: string): Promise<boolean> {
  if (statement.kind !== 'insert' || statement.format.toLowerCase() !== 'values') return false
  const { size } = await stat(spoolFile)
  return size <= MAX_EVALUATED_BYTES && isHarmlessData(await readFile(spoolFile, 'latin1'))
}

interface Run {
  readonly slot: Slot
  readonly reply: Reply
  readonly format: string
  readonly spoolFile: string
  readonly response: ServerResponse
}

async function run(
  statement: Exclude<Statement, { kind: 'refused' }>,
  { slot, reply, format, spoolFile, response }: Run,
): Promise<Outcome> {
  switch (statement.kind) {
    case 'select': {
      const gone = new AbortController()
      const onClose = (): void => gone.abort()
      response.once('close', onClose)
      try {
        if (response.destroyed) gone.abort()
        return await select(statement, { slot, format, write: reply.write, signal: gone.signal })
      } finally {
        response.off('close', onClose)
      }
    }
    case 'insert':
      return insertFile(slot.connection, statement, spoolFile)
    case 'insert select':
      return slot.connection.insert(statement.text)
    case 'command': {
      const outcome = await slot.connection.query(statement.text, format)
      await reply.write(outcome.bytes)
      return outcome
    }
    default:
      return statement satisfies never
  }
}

interface Query {
  readonly parameters: Parameters
  readonly statement: Statement
  /** The statement without the data of an INSERT, one character per byte. */
  readonly text: string
  /** What follows the text of an INSERT. */
  readonly data: InsertData
}

/** The query is the URL's `query` followed by the body; the data of an INSERT is not read yet. */
async function readQuery({ request, search }: Exchange): Promise<Query> {
  const contentType = request.headers['content-type'] ?? ''
  const body = openBody(request)
  if (contentType.startsWith('multipart/form-data')) {
    const { bytes } = await readHead(body, Infinity)
    for (const [name, value] of await readForm(bytes, contentType)) search.set(name, value)
  }
  const parameters = readParameters(search)
  const inUrl = Buffer.from(parameters.query === '' ? '' : `${parameters.query}\n`)
  let statement = readStatement(inUrl.toString('latin1'))
  if (statement.kind === 'insert') {
    const text = inUrl.toString('latin1', 0, statement.dataStart)
    const first = inUrl.subarray(statement.dataStart)
    return { parameters, statement, text, data: { first, rest: body } }
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
  return { parameters, statement, text, data: { first, rest: head.isAll ? null : body } }
}

function formatOf(
  statement: Statement,
  parameters: Parameters,
  { headers }: IncomingMessage,
): string {
  const asked = parameters.defaultFormat ?? headers['x-clickhouse-format']?.toString()
  const written = 'format' in statement ? statement.format : undefined
  return written ?? (/^\w+$/.test(asked ?? '') ? String(asked) : 'TabSeparated')
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return /(^|[\s,])gzip([\s,;]|$)/.test(headers['accept-encoding']?.toString() ?? '')
}
