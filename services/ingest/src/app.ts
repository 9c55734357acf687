import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { answerOptionsFrom } from './answer-options.ts'
import { answerRefused } from './answers.ts'
import { refusalFor, type Audience } from './audience.ts'
import { allowOrigin, answerPreflight } from './cors.ts'
import { guardRequest } from './guard.ts'
import type { IngestParts } from './parts.ts'
import { ClientGone, Refusal } from './refusal.ts'
import { requestIdFrom } from './request-id.ts'
import { routesOf, type Route } from './routes.ts'
import { send } from './send.ts'

/** The HTTP application: every request gets an id, a measured answer, and one place for refusals. */
export function createIngestApp(parts: IngestParts): Express {
  const app = express()
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('query parser', 'simple')
  app.set('x-powered-by', false)
  app.set('etag', false)

  app.use((request, response, next) => {
    response.setHeader('X-Request-Id', requestIdFrom(request.headers['x-request-id']))
    measure(parts, response)
    allowOrigin(request, response, parts.settings.allowedOrigins)
    guardRequest(request, parts.settings.limits)
    next()
  })
  for (const route of routesOf(parts)) addRoute(app, parts, route)
  app.use(() => {
    throw new Refusal('not_found', 'there is nothing at this path; /docs lists every path')
  })
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    refuse({ parts, audience: 'own', error }, request, response)
  })
  return app
}

function measure({ metrics }: IngestParts, response: Response): void {
  const startedAt = performance.now()
  response.once('close', () => {
    const status = response.writableFinished ? String(response.statusCode) : 'gone'
    metrics.requests.inc({ status })
    metrics.answerSeconds.observe((performance.now() - startedAt) / 1_000)
  })
}

function addRoute(app: Express, parts: IngestParts, route: Route): void {
  const { method, audience, handle } = route
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method]
  const allow = [...methods, 'OPTIONS'].join(', ')
  app.all([...route.paths], async (request, response) => {
    if (request.method === 'OPTIONS') return answerPreflight(request, response, allow)
    try {
      if (!methods.includes(request.method)) throw methodNotAllowed(method, allow)
      await handle(request, response)
    } catch (error) {
      refuse({ parts, audience, error }, request, response)
    }
  })
}

function methodNotAllowed(method: string, allow: string): Refusal {
  return new Refusal('method_not_allowed', `${method} is allowed here`, {
    headers: { Allow: allow },
  })
}

/** The only place that answers a refused request; a bug is told as such, without its details. */
function refuse(
  { parts, audience, error }: { parts: IngestParts; audience: Audience; error: unknown },
  request: Request,
  response: Response,
): void {
  if (error instanceof ClientGone) return
  const refusal = error instanceof Refusal ? error : internalError(parts, error)
  if (refusal.code === 'kafka_unavailable') parts.retryAdvice.failed()
  const requestId = String(response.getHeader('X-Request-Id'))
  const options = answerOptionsFrom(request, requestId, audience)
  const answer = answerRefused(refusalFor(audience, refusal), options)
  const isLater = answer.status === 503 || answer.status === 429
  const retryAfter =
    isLater && answer.headers['Retry-After'] === undefined
      ? { 'Retry-After': String(parts.retryAdvice.seconds()) }
      : {}
  send(
    response,
    { ...answer, headers: { ...answer.headers, ...retryAfter } },
    parts.lifecycle.isDraining,
  )
}

function internalError({ log }: IngestParts, error: unknown): Refusal {
  log.error({ err: error }, 'request failed by a bug')
  return new Refusal('internal_error', 'something went wrong here; the request may be sent again')
}
