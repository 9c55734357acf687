import type { Attack, Target } from './attack.ts'
import { flood } from './flood.ts'
import { headOf, keyHeader, requestOf, SDK_PATH, type Headers } from './requests.ts'
import { strike } from './strike.ts'

const EVENT =
  '{"event":"e","user_id":"u","group_id":"attacker","event_id":"1","timestamp":"2026-01-31T09:30:00Z"}'

/** Small whole requests, many of them, on 64 connections. */
function many(
  name: string,
  perSecond: number,
  what: string,
  request: (n: number, target: Target) => Buffer,
  isKeyed = false,
): Attack {
  return {
    name,
    sends: `${perSecond.toLocaleString('en')} a second: ${what}`,
    isKeyed,
    prepare: () => (hands) => {
      const { target } = hands
      return flood(hands, { perSecond, connections: 64, request: (n) => request(n, target) })
    },
  }
}

function withoutBody(path: string, headers: Headers, method = 'GET'): Buffer {
  return Buffer.from(headOf(path, headers, method))
}

const PREFLIGHT: Headers = {
  Origin: 'https://page.example',
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'content-type,x-api-key',
}
const manyHeaders = (count: number): Headers =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, '1']))
const manyParameters = (bytes: number): string => `${SDK_PATH}?${'a=1&'.repeat(bytes / 4)}`

/** Requests that cost little each. */
export const requestAttacks: readonly Attack[] = [
  many('unknown-keys', 1_000, 'a key that nobody knows, in a header', (n) =>
    requestOf('/track', EVENT, { 'X-Api-Key': `guess-${n}` }),
  ),
  many('unknown-keys-in-bodies', 500, 'a key that nobody knows, in the body', (n) =>
    requestOf(SDK_PATH, `{"writeKey":"guess-${n}","batch":[${EVENT}]}`),
  ),
  many('no-key', 1_000, 'an event without a key', () => requestOf('/track', EVENT)),
  many('long-keys', 500, 'a key of 12 KB', () =>
    requestOf('/track', EVENT, { Authorization: `Bearer ${'k'.repeat(12_000)}` }),
  ),
  many('validate', 1_000, 'a dry run without a key', () => requestOf('/v1/validate', EVENT)),
  many(
    'validate-with-key',
    1_000,
    'a dry run',
    (_, target) => requestOf('/v1/validate', EVENT, keyHeader(target)),
    true,
  ),
  many('ignored-calls', 1_000, 'an `identify` without a key', () =>
    requestOf('/v1/identify', '{"userId":"u"}'),
  ),
  many(
    'ignored-calls-with-key',
    1_000,
    'an `identify`',
    (_, target) => requestOf('/v1/identify', '{"userId":"u"}', keyHeader(target)),
    true,
  ),
  many('preflights', 1_000, 'a CORS preflight', () => withoutBody('/track', PREFLIGHT, 'OPTIONS')),
  many('settings', 500, 'the settings of an SDK, each of another key', (n) =>
    withoutBody(`/v1/projects/guess-${n}/settings`, {}),
  ),
  many('unknown-paths', 1_000, 'a path that is not there, each another', (n) =>
    withoutBody(`/x${n}`, {}),
  ),
  many('unknown-methods', 500, 'DELETE', () => withoutBody('/track', {}, 'DELETE')),
  many('query-strings', 500, 'a URL with 490 parameters', () =>
    requestOf(manyParameters(1_960), '{}'),
  ),
  many('huge-urls', 500, 'a URL of 14 KB', () => requestOf(manyParameters(14_000), '{}')),
  many('many-headers', 500, '58 headers', () => requestOf(SDK_PATH, '{}', manyHeaders(56))),
  many('too-many-headers', 500, '900 headers', () => requestOf(SDK_PATH, '{}', manyHeaders(900))),
  many('large-headers', 200, 'a header of 15 KB', () =>
    requestOf(SDK_PATH, '{}', { 'X-Large': 'x'.repeat(15_000) }),
  ),
  many('description', 200, 'GET /openapi.json', () => withoutBody('/openapi.json', {})),
  many('page-bundle', 20, 'the largest file of /docs', () =>
    withoutBody('/docs/swagger-ui-bundle.js', {}),
  ),
  {
    name: 'pipelining',
    sends: '2,000 a second, 100 behind one another: an event without a key',
    isKeyed: false,
    prepare: () => {
      const row = Buffer.concat(Array.from({ length: 100 }, () => requestOf('/track', EVENT)))
      const options = { perSecond: 2_000, connections: 64, pipelined: 100 }
      return (hands) => flood(hands, { ...options, request: () => row })
    },
  },
  {
    name: 'pipelining-after-close',
    sends: '20 connections a second: a refused body, then 1,000 requests behind it',
    isKeyed: false,
    prepare: () => {
      const refused = headOf(SDK_PATH, { 'Content-Length': '99999999' })
      const row = Buffer.concat(Array.from({ length: 1_000 }, () => requestOf('/track', EVENT)))
      return (hands) => strike(hands, { perSecond: 20, atOnce: 64, parts: () => [refused, row] })
    },
  },
  ...rawAttacks(),
]

/** Bytes that are no sound request, a connection each. */
function rawAttacks(): readonly Attack[] {
  const raw = (name: string, what: string, bytes: Buffer | string): Attack => ({
    name,
    sends: `200 connections a second: ${what}`,
    isKeyed: false,
    prepare: () => (hands) =>
      strike(hands, { perSecond: 200, atOnce: 512, maxMs: 5_000, parts: () => [bytes] }),
  })
  const head = `POST ${SDK_PATH} HTTP/1.1\r\nHost: x\r\n`
  return [
    raw('http-1.0', 'HTTP/1.0', `POST ${SDK_PATH} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}`),
    raw('tls-hello', 'the first bytes of TLS', Buffer.from('16030100fa010000f60303', 'hex')),
    raw('garbage', '4 KB that are no HTTP', Buffer.alloc(4_096, 0x07)),
    raw('two-lengths', 'two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
    raw(
      'length-too-short',
      'a body longer than it says',
      `${head}Content-Length: 2\r\n\r\n{}garbage`,
    ),
    raw('length-too-long', 'a body shorter than it says', `${head}Content-Length: 99\r\n\r\n{}`),
    raw('upgrade', 'a WebSocket', `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
    raw(
      'expect-continue',
      'asks whether to send 5 MiB, and sends nothing',
      `${head}Expect: 100-continue\r\nContent-Length: 5242880\r\n\r\n`,
    ),
  ]
}
