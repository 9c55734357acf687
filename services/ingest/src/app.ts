import type { RequestListener } from 'node:http'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { answerOptionsFrom } from './request/answer-options.ts'
import { answerRefused } from './response/answers.ts'
import type { Audience } from '@custom-events/event'
import { allowOrigin, answerPreflight } from './http/cors.ts'
import { baldly, tellBugAfterProduce } from './track/fates.ts'
import { guardRequest } from './http/guard.ts'
import {
  createMessages,
  ours,
  requestIdFrom,
  type IngestRequest,
  type IngestResponse,
} from './http/messages.ts'
import type { IngestParts } from './parts.ts'
import { ClientGone, Refusal, refusalFor, type RefusalWords } from './response/refusal.ts'
import type { Route } from './http/route.ts'
import { routesOf } from './routes.ts'
import { send } from './http/send.ts'
import { plainUrl } from './http/url.ts'
import type { IngestApp } from './http/ingest-app.ts'

/**
 * The HTTP application: every request gets an id, a measured answer, and one place for refusals.
 *
 * Express knows every path. Those that are posted to are found before it is asked and led to the very
 * same functions; app.test.ts compares the answers of both ways.
 */
export function createIngestApp(parts: IngestParts): IngestApp {
  const routes = routesOf(parts)
  const entry = { parts, measured: measure(parts) }
  const app = createExpress(entry, routes)
  const messages = createMessages(app, parts.unreadAnswers.written)
  const hotRoutes = new Map(routes.flatMap((route) => hotPaths(route)))
  const routeOf = (url: string): Route | undefined => hotRoutes.get(pathOf(plainUrl(url)))
  const handle: RequestListener = (request, response) => {
    request.url = plainUrl(request.url ?? '')
    const route = request.method === 'POST' ? hotRoutes.get(pathOf(request.url)) : undefined
    if (route === undefined) return app(request, response)
    answerHot({ entry, route }, ours(request), ours(response))
  }
  return Object.assign(handle, { messages, audienceOf: (url: string) => routeOf(url)?.audience })
}

function hotPaths(route: Route): readonly (readonly [string, Route])[] {
  if (route.method !== 'POST') return []
  return route.paths.flatMap((path) => (typeof path === 'string' ? [[path, route]] : []))
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** What Express does for a path, without looking for it. */
function answerHot(
  { entry, route }: { readonly entry: Entry; readonly route: Route },
  request: IngestRequest,
  response: IngestResponse,
): void {
  const { parts } = entry
  try {
    enter(entry, request, response)
    void answerRoute({ parts, route }, request, response)
  } catch (error) {
    refuse({ parts, audience: 'own', error }, request, response)
  }
}

function createExpress(entry: Entry, routes: readonly Route[]): Express {
  const { parts } = entry
  const app = express()
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('query parser', 'simple')
  app.set('x-powered-by', false)
  app.set('etag', false)

  app.use((request, response, next) => {
    enter(entry, ours(request), ours(response))
    next()
  })
  for (const route of routes) {
    app.all([...route.paths], (request, response) =>
      answerRoute({ parts, route }, ours(request), ours(response)),
    )
  }
  app.use(() => {
    throw new Refusal('not_found', 'there is nothing at this path; /docs lists every path')
  })
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    refuse({ parts, audience: 'own', error }, ours(request), ours(response))
  })
  return app
}

interface Entry {
  readonly parts: IngestParts
  /** Called on a response when it is over: the same function for all of them. */
  readonly measured: (this: IngestResponse) => void
}

function measure({ metrics }: IngestParts): Entry['measured'] {
  return function () {
    const status = this.writableFinished ? String(this.statusCode) : 'gone'
    metrics.requests.inc({ status })
    const overAt = this.heldBackAt ?? performance.now()
    metrics.answerSeconds.observe((overAt - this.startedAt) / 1_000)
  }
}

/** What every request meets first. @throws {Refusal} */
function enter({ parts, measured }: Entry, request: IngestRequest, response: IngestResponse): void {
  response.requestId = requestIdFrom(request.headers['x-request-id'])
  response.startedAt = performance.now()
  response.on('close', measured)
  allowOrigin(request, response, parts.settings.allowedOrigins)
  guardRequest(request, parts.settings.limits)
}

interface RouteOf {
  readonly parts: IngestParts
  readonly route: Route
}

function answerRoute(
  { parts, route }: RouteOf,
  request: IngestRequest,
  response: IngestResponse,
): Promise<unknown> | void {
  const { method, audience, handle } = route
  const isMethod = request.method === method || (method === 'GET' && request.method === 'HEAD')
  if (request.method === 'OPTIONS') return answerPreflight(request, response, allowOf(method))
  try {
    if (!isMethod) throw methodNotAllowed(method, allowOf(method))
    return handle(request, response)?.catch((error: unknown) => {
      refuse({ parts, audience, error }, request, response)
    })
  } catch (error) {
    refuse({ parts, audience, error }, request, response)
  }
}

function allowOf(method: Route['method']): string {
  return method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS'
}

function methodNotAllowed(method: string, allow: string): Refusal {
  return new Refusal('method_not_allowed', `${method} is allowed here`, {
    headers: { Allow: allow },
  })
}

interface Refused {
  readonly parts: IngestParts
  readonly audience: Audience
  readonly error: unknown
}

/** The only place that answers a refused request; a bug is told as such, without its details. */
function refuse(
  { parts, audience, error }: Refused,
  request: IngestRequest,
  response: IngestResponse,
): void {
  if (error instanceof ClientGone) return
  const refusal = error instanceof Refusal ? error : internalError(parts, error)
  parts.refusedLog.add(refusal.code, refusal.keyName, request.socket.remoteAddress)
  if (refusal.code === 'kafka_unavailable') parts.retryAdvice.failed()
  if (refusal.loadReason !== null) parts.metrics.refusedForLoad.inc({ reason: refusal.loadReason })
  try {
    sendRefusal(parts, refusalFor(audience, refusal), { request, response, audience })
  } catch (bug) {
    // Some events may be in Kafka: code and counts stay true, whatever cannot be told of each.
    if (refusal.results.length > 0) tellBugAfterProduce(parts, 'answer', bug)
    else tellBug(parts, bug)
    const { code, message, headers, results } = refusalFor(audience, refusal)
    const told = { code, message, headers, results: baldly(results) }
    sendRefusal(parts, told, { request, response, audience })
  }
}

interface Asked {
  readonly request: IngestRequest
  readonly response: IngestResponse
  readonly audience: Audience
}

function sendRefusal(
  { lifecycle, retryAdvice }: IngestParts,
  words: RefusalWords,
  { request, response, audience }: Asked,
): void {
  const options = answerOptionsFrom(request, response.requestId, audience)
  const { status, headers, body } = answerRefused(words, options)
  const isLater = status === 503 || status === 429
  const retryAfter =
    isLater && headers['Retry-After'] === undefined
      ? { 'Retry-After': String(retryAdvice.seconds()) }
      : {}
  const answer = { status, headers: { ...headers, ...retryAfter }, body }
  send(response, answer, lifecycle.isDraining)
}

function internalError(parts: IngestParts, error: unknown): Refusal {
  tellBug(parts, error)
  return new Refusal('internal_error', 'something went wrong here; the request may be sent again')
}

function tellBug({ log }: IngestParts, error: unknown): void {
  log.error({ err: error }, 'request failed by a bug')
}
