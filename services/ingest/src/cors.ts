import type { IncomingMessage, ServerResponse } from 'node:http'

/** Origins whose pages may read our answers; `null`: any. A write key may narrow it further. */
export type AllowedOrigins = ReadonlySet<string> | null

const EXPOSED = [
  'Retry-After',
  'X-Request-Id',
  'X-Track-Accepted',
  'X-Track-Rejected',
  'X-Track-Warnings',
  'RateLimit',
  'RateLimit-Policy',
].join(', ')

const PREFLIGHT_MAX_AGE_SECONDS = 7_200 // Chromium's own maximum
const HEADER_NAME = /^[a-z0-9-]+$/

/**
 * Lets the page of an allowed origin read the answer, whatever it will be: a browser hides an error
 * without these headers even from the page that has to act on it. Never with credentials (cookies).
 */
export function allowOrigin(
  { headers }: IncomingMessage,
  response: ServerResponse,
  allowed: AllowedOrigins,
): void {
  response.setHeader('Vary', 'Origin')
  const { origin } = headers
  if (origin === undefined || (allowed !== null && !allowed.has(origin))) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Expose-Headers', EXPOSED)
}

/** Answers OPTIONS: what a page may send to this path. */
export function answerPreflight(
  { headers }: IncomingMessage,
  response: ServerResponse,
  allow: string,
): void {
  const requested = requestedHeaders(headers['access-control-request-headers'])
  response.writeHead(204, {
    Allow: allow,
    'Cache-Control': 'no-store',
    ...(response.hasHeader('Access-Control-Allow-Origin')
      ? {
          'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
          'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
          ...(requested === '' ? {} : { 'Access-Control-Allow-Headers': requested }),
        }
      : {}),
  })
  response.end()
}

/** Echoed by name, because `*` does not cover `Authorization`; SDKs send headers of their own. */
function requestedHeaders(header: string | readonly string[] | undefined): string {
  return String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name))
    .join(', ')
}
