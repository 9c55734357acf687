import type { IncomingMessage } from 'node:http'
import { everyAnswer } from './send.ts'
import type { IngestResponse } from './messages.ts'

/** Origins whose pages may read our answers; `null`: any. A write key may narrow it further. */
export type AllowedOrigins = ReadonlySet<string> | null

const PREFLIGHT_MAX_AGE_SECONDS = 7_200 // Chromium's own maximum
/** A token of RFC 9110, 5.6.2; `*` alone is no name of a header. */
const HEADER_NAME = /^(?!\*$)[!#$%&'*+.^_`|~0-9a-z-]+$/

/**
 * Lets the page of an allowed origin read the answer, whatever it will be: a browser hides an error
 * without these headers even from the page that has to act on it. With credentials, too, of which we use
 * none: a beacon, and every credentialed `fetch`, would be lost without.
 */
export function allowOrigin(
  { headers: { origin } }: IncomingMessage,
  response: IngestResponse,
  allowed: AllowedOrigins,
): void {
  if (origin === undefined || (allowed !== null && !allowed.has(origin))) return
  response.allowedOrigin = origin
}

/** Answers OPTIONS: what a page may send to this path. */
export function answerPreflight(
  { headers }: IncomingMessage,
  response: IngestResponse,
  allow: string,
): void {
  const requested = requestedHeaders(headers['access-control-request-headers'])
  const permission = [
    'Access-Control-Allow-Methods',
    'POST, GET, OPTIONS',
    'Access-Control-Max-Age',
    String(PREFLIGHT_MAX_AGE_SECONDS),
    ...(requested === '' ? [] : ['Access-Control-Allow-Headers', requested]),
  ]
  response.writeHead(204, [
    ...everyAnswer(response),
    'Allow',
    allow,
    'Cache-Control',
    'no-store',
    ...(response.allowedOrigin === null ? [] : permission),
  ])
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
