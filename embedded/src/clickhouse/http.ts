import { randomUUID } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { contentTypeOf } from './content-type.ts'
import { exception, ServerException, toServerException } from './engine/errors.ts'
import type { Sessions } from './engine/sessions.ts'
import type { Slots } from './engine/slots.ts'
import { spool } from './insert.ts'
import { authenticate } from './logins/authentication.ts'
import { readAccountStatement } from './logins/account-statement.ts'
import type { Login } from './logins/login.ts'
import type { Logins } from './logins/logins.ts'
import { whyForeign } from './origin.ts'
import { compressionOf, formatOf, readQuery, type Exchange, type Query } from './query.ts'
import type { QueryLog } from './query-log/query-log.ts'
import { toldToAccount } from './logins/told-errors.ts'
import { createReply, sendError } from './reply.ts'
import { inSession } from './run.ts'
import { logged } from './query-log/logged.ts'
import { whyNotAsOwner } from './sql/as-owner.ts'
import { onlyReads } from './sql/asker.ts'
import { isHarmlessData, whyNotConfined, whyNotSettable } from './sql/confined.ts'
import {
  otherRole,
  whyBeyond,
  whyNotInFormat,
  whyNotOfAccounts,
  whyNotOfReaders,
  whyNotOfRole,
} from './sql/confined-roles.ts'
import { whyForNobody } from './sql/for-nobody.ts'
import type { Parameters } from './sql/settings.ts'
import { withOwnGrants } from './sql/show-grants.ts'
import type { Statement } from './sql/statement-kind.ts'

export interface FrontOptions {
  readonly slots: Slots
  readonly sessions: Sessions
  readonly queryLog: QueryLog
  readonly logins: Logins
  /** A private folder for the data of inserts and for results that are held back. */
  readonly spoolFolder: string
  readonly timezone: string
  /** Whether queries may reach files and other servers. */
  readonly allowsSources: boolean
  /** Names of this server in the header Host, besides loopback names and addresses. */
  readonly names: readonly string[]
}

const KEEP_ALIVE_MS = 30_000
/** A client that vanished without a word is noticed while its query runs. */
const SOCKET = { keepAlive: true, keepAliveInitialDelay: 30_000 }
/** Longer data of `INSERT … VALUES` is taken as literals, without looking at it. */
const MAX_EVALUATED_BYTES = 16 * 1024 * 1024

/** The HTTP interface of ClickHouse, as far as clients and curl use it. */
export function createFront(options: FrontOptions): Server {
  const server = createServer(SOCKET, (request, response) => {
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
  const login = authenticate(request, url.searchParams, options.logins.named)
  const search = url.searchParams
  await runQuery({ request, response, search, isReadOnly: isRead, login }, options)
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

/** read → classify → (spool) → run → answer */
async function runQuery(exchange: Exchange, options: FrontOptions): Promise<void> {
  const { request, response } = exchange
  const query = await readQuery(exchange)
  const { parameters, statement, data } = query
  if (statement.kind === 'refused') throw statement.error
  const ofAccounts = statement.kind === 'command' ? readAccountStatement(statement.text) : undefined
  if (ofAccounts !== undefined) {
    await options.logins.changeAccount(exchange, ofAccounts)
    return void response.end()
  }
  mustBeAllowed(exchange, query, options)
  const { login } = exchange
  const format = formatOf(statement, parameters, request)
  if (login.role === 'account') {
    const refusal = whyNotInFormat(format)
    if (refusal !== undefined) throw refusal
  }
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('Content-Type', contentTypeOf(isInsert(statement) ? 'none' : format)) // it has no rows
  const { spoolFolder } = options
  const spoolFile = join(spoolFolder, randomUUID())
  const reply = createReply(response, {
    compression: compressionOf(parameters, request),
    ...(parameters.waitEndOfQuery ? { holdIn: `${spoolFile}-result` } : {}),
  })
  try {
    if (statement.kind === 'insert') await spool(spoolFile, data)
    const evaluatesValues = options.allowsSources
      ? undefined
      : await mayEvaluate(statement, spoolFile)
    const run = {
      ...query,
      statement: login.role === null ? statement : withOwnGrants(statement, login),
      evaluatesValues,
      reply,
      format,
      spoolFile,
      spoolFolder,
      asker: login,
    }
    const outcome = await logged(exchange, options, query, () => inSession(exchange, options, run))
    await reply.end(outcome)
  } catch (error) {
    const said = toServerException(error)
    const told = login.role === 'account' ? toldToAccount(said) : said
    await reply.fail(hinted(told, login, options.allowsSources))
  } finally {
    if (statement.kind === 'insert') await rm(spoolFile, { force: true })
  }
}

function isInsert({ kind }: Statement): boolean {
  return kind === 'insert' || kind === 'insert select'
}

/** Judges all that is said to the engine: the statement, and how external data is described. @throws ServerException */
function mustBeAllowed(
  { login }: Exchange,
  { parameters, statement, text, tables }: Query,
  { allowsSources }: FrontOptions,
): void {
  if (onlyReads(login) && isInsert(statement)) {
    throw exception(497, `${login.name}: Not enough privileges: it only reads.`) // before its data is read
  }
  const definitions = tables.map(({ definition }) => Buffer.from(definition).toString('latin1'))
  for (const said of [text, ...definitions]) {
    const refusal = whyForNobody(said, parameters.settings)
    if (refusal !== undefined) throw refusal
    if (login.role !== null) confineRole(login, said, parameters)
  }
  const mayMake = login.role === null || login.role === 'setup' || statement.kind !== 'command'
  const asOwner = mayMake ? undefined : whyNotAsOwner(text)
  if (asOwner !== undefined) throw asOwner
  if (allowsSources) return
  confine(statement, text, parameters)
  for (const said of definitions) confineTable(said)
}

/** @throws ServerException 497 for what would leave the data folder, see confined.ts */
function confine(statement: Statement, text: string, { settings }: Parameters): void {
  const refusal =
    whyNotConfined(text, { isCommand: statement.kind === 'command' }) ??
    settings.map(([name]) => whyNotSettable(name)).find((each) => each !== undefined)
  if (refusal !== undefined) throw refusal
}

/** @throws ServerException 497 for what would be more than the role of the login, 452 for more than its limits */
function confineRole({ role, limits }: Login, text: string, parameters: Parameters): void {
  const refusal =
    whyNotOfRole(text) ??
    (parameters.roles.length > 0 ? otherRole() : undefined) ??
    (role === 'account' ? whyNotOfAccounts(text, parameters.settings) : undefined) ??
    (role === 'account' || role === 'reader' ? whyNotOfReaders(text) : undefined) ??
    whyBeyond(limits ?? [], text, parameters.settings)
  if (refusal !== undefined) throw refusal
}

function confineTable(text: string): void {
  const refusal = whyNotConfined(text, { isCommand: true })
  if (refusal !== undefined) throw refusal
}

/** The engine knows of rights, but neither who asks, all of whom are its one user, nor how somebody gets more of them. */
function hinted(
  error: ServerException,
  { name, role }: Login,
  allowsSources: boolean,
): ServerException {
  if (error.code !== 497) return error
  const said = error.message.replace(/(?<!\w)`?default`?(?=: Not enough privileges)/, name)
  const hint = allowsSources ? '' : ' Allowed with --allow-sources.'
  const remedy = role === null ? hint : ` What ${role} may do: docs/reference/rights.md.`
  return new ServerException(497, `${said}${remedy}`, { cause: error })
}

/** Whether expressions among the values of `INSERT … VALUES` are evaluated. */
async function mayEvaluate(statement: Statement, spoolFile: string): Promise<boolean> {
  if (statement.kind !== 'insert' || statement.format.toLowerCase() !== 'values') return false
  const { size } = await stat(spoolFile)
  return size <= MAX_EVALUATED_BYTES && isHarmlessData(await readFile(spoolFile, 'latin1'))
}
