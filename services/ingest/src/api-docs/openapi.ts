import { REQUEST_CODES, type RequestCode } from '@custom-events/event'
import manifest from '../../package.json' with { type: 'json' }
import { answerRefused } from '../response/answers.ts'
import { EXAMPLE_EVENT, openApiSchemas, problemWithStatus, ref } from './openapi-schemas.ts'
import type { Schema } from './openapi-schemas.ts'
import {
  ASSET_PATHS,
  NOISE_PATHS,
  OWN_PATHS,
  SDK_PATHS,
  SOURCE_CONFIG_PATH,
  VALIDATE_PATH,
} from '../http/paths.ts'
import { ON } from '../http/url.ts'

/** The OpenAPI 3.1 description of every path; a test holds it against the router and real answers. */
export function openApiDocument(): Schema {
  return {
    openapi: '3.1.0',
    info: {
      title: 'custom-events',
      version: manifest.version,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{}, ...Object.keys(securitySchemes()).map((name) => ({ [name]: [] }))],
    paths: Object.fromEntries(operations()),
    components: {
      schemas: openApiSchemas(),
      responses: { ...keptResponses(), ...refusals() },
      parameters: parameters(),
      headers: headers(),
      securitySchemes: securitySchemes(),
    },
  }
}

const INTRODUCTION = `Success is status 200 with \`success: true\`; a refusal is 4xx or 5xx with \
\`success: false\` and a \`code\`. There is no other 2xx and no redirect. *Accepted* means \
acknowledged by every in-sync replica.`

const TAGS = {
  Events: 'Our own paths.',
  SDKs: 'The same for the SDKs of Segment, RudderStack and Jitsu: 429 where our own paths say 503.',
  'Calls that are no events': 'What SDKs send beside events: taken, and not kept.',
  About: 'This description.',
}

type PathItem = readonly [path: string, item: Schema]

function operations(): readonly PathItem[] {
  return [
    ...OWN_PATHS.map((path) => post(path, 'Events', 'Keep events', 'Kept')),
    post(VALIDATE_PATH, 'Events', 'Try without keeping', 'DryRun'),
    ...SDK_PATHS.map((path) => post(path, 'SDKs', 'Keep events of an SDK', 'Kept')),
    ...NOISE_PATHS.map((path) =>
      post(path, 'Calls that are no events', 'Ignore a call of an SDK', 'Kept'),
    ),
    get('/v1/projects/{key}/settings', 'SDKs', 'Bootstrap of Segment’s browser SDK', {
      'application/json': { schema: ref('SdkSettings') },
    }),
    get(SOURCE_CONFIG_PATH, 'SDKs', 'Bootstrap of RudderStack’s browser SDK', {
      'application/json': { schema: ref('SourceConfig') },
    }),
    get('/openapi.json', 'About', 'This document', ANY_JSON),
    get('/schemas/event.json', 'About', 'The JSON Schema of an event', ANY_JSON),
    ...ASSET_PATHS.map((path) => get(path, 'About', 'The page of this document', ANY)),
  ]
}

const PARAMETERS_OF_POST = ['results', 'receipt', 'strict', 'requestId', 'idempotencyKey']

const ANY = { '*/*': {} }
const ANY_JSON = { 'application/json': { schema: { type: 'object' } } }

function post(path: string, tag: keyof typeof TAGS, summary: string, answer: string): PathItem {
  const isOwn = tag === 'Events'
  const isWaitable = OWN_PATHS.includes(path)
  const operation = {
    operationId: operationId('post', path),
    tags: [tag],
    summary,
    parameters: [...(isWaitable ? ['wait'] : []), ...PARAMETERS_OF_POST].map((name) => ({
      $ref: `#/components/parameters/${name}`,
    })),
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: ref('Events'), example: EXAMPLE_EVENT },
        'application/x-ndjson': { schema: { type: 'string', description: 'One event a line.' } },
      },
    },
    responses: { 200: response(answer), ...refusedWith((status) => isOwn || status !== 503) },
  }
  return [path, { post: operation }]
}

function get(path: string, tag: keyof typeof TAGS, summary: string, content: Schema): PathItem {
  const key = { name: 'key', in: 'path', required: true, schema: { type: 'string' } }
  const isPage = tag === 'About'
  const operation = (method: string) => ({
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    security: [],
    ...(path.includes('{key}') ? { parameters: [key] } : {}),
    responses: {
      200: {
        description: summary,
        headers: headersNamed(['X-Request-Id']),
        ...(method === 'get' ? { content } : {}),
      },
      ...refusedWith((status) => PLAIN_STATUSES.includes(status) || (isPage && status === 503)),
    },
  })
  return [path, { get: operation('get'), head: operation('head') }]
}

/** What may happen to a request that has no body. */
const PLAIN_STATUSES = [400, 405, 414, 417, 431, 500]

/** Unique, although a path may differ from another by nothing but a slash at its end. */
function operationId(method: string, path: string): string {
  return `${method}${path.replaceAll(/[^a-z0-9]/gi, '_')}`
}

function response(name: string): Schema {
  return { $ref: `#/components/responses/${name}` }
}

/** A path that is described is never 404. */
function refusedWith(isPossible: (status: number) => boolean): Schema {
  const statuses = refusalStatuses().filter((status) => status !== 404 && isPossible(status))
  return Object.fromEntries(statuses.map((status) => [status, response(`Refused${status}`)]))
}

function refusalStatuses(): readonly number[] {
  return [...new Set(Object.values(REQUEST_CODES).map(({ status }) => status))].toSorted(
    (a, b) => a - b,
  )
}

function keptResponses(): Schema {
  const answer = (description: string, schema: string) => ({
    description,
    headers: headersNamed(['X-Request-Id', ...COUNT_HEADERS, ...LIMIT_HEADERS]),
    content: { 'application/json': { schema: ref(schema) } },
  })
  return {
    Kept: answer('A verdict for each event; also when some of them were rejected.', 'Kept'),
    DryRun: answer('The verdicts that `/track` would have given.', 'DryRun'),
  }
}

function refusals(): Schema {
  const entries = refusalStatuses().map((status) => [
    `Refused${status}`,
    {
      description: titlesOf(status),
      headers: headersNamed(['X-Request-Id', ...(HEADERS_BY_STATUS[status] ?? [])]),
      content: {
        'application/problem+json': {
          schema: problemWithStatus(status),
          example: exampleRefusal(status),
        },
      },
    },
  ])
  return Object.fromEntries(entries)
}

/** Made by what makes the real ones. */
function exampleRefusal(status: number): Schema {
  const code = requestCodes().find((one) => REQUEST_CODES[one].status === status)
  if (code === undefined) throw new Error(`no code has the status ${status}`)
  const refusal = { code, message: REQUEST_CODES[code].title, headers: {}, results: [] }
  const options = { requestId: 'r-1', shownResults: null, hasReceipts: false }
  return answerRefused(refusal, options).body
}

function requestCodes(): readonly RequestCode[] {
  return Object.keys(REQUEST_CODES) as RequestCode[] // the keys of a constant table
}

function titlesOf(status: number): string {
  const rows = Object.values(REQUEST_CODES).filter((row) => row.status === status)
  return rows.map(({ title }) => title).join(' · ')
}

const COUNT_HEADERS = ['X-Track-Accepted', 'X-Track-Rejected', 'X-Track-Warnings']
const LIMIT_HEADERS = ['RateLimit', 'RateLimit-Policy']

const HEADERS_BY_STATUS: Readonly<Record<number, readonly string[]>> = {
  400: COUNT_HEADERS,
  401: ['WWW-Authenticate'],
  403: COUNT_HEADERS,
  405: ['Allow'],
  429: ['Retry-After', ...COUNT_HEADERS, ...LIMIT_HEADERS],
  503: ['Retry-After', ...COUNT_HEADERS],
}

function headersNamed(names: readonly string[]): Schema {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

function headers(): Schema {
  const header = (description: string, type = 'string') => ({ description, schema: { type } })
  return {
    'X-Request-Id': header('Yours, or one of ours.'),
    'X-Track-Accepted': header('Events accepted.', 'integer'),
    'X-Track-Rejected': header('Events rejected.', 'integer'),
    'X-Track-Warnings': header('Warnings given.', 'integer'),
    'Retry-After': header('Whole seconds to wait before sending the same body again.', 'integer'),
    RateLimit: header(
      'Events left (`r`), and seconds until all are back (`t`), when limits are on.',
    ),
    'RateLimit-Policy': header('Events at once (`q`), and seconds until they are back (`w`).'),
    Allow: header('The methods of this path.'),
    'WWW-Authenticate': header('How to send the write key.'),
  }
}

function parameters(): Schema {
  const query = (name: string, description: string, values: readonly string[]) => {
    return { name, in: 'query', description, schema: { type: 'string', enum: values } }
  }
  const header = (name: string, description: string) => {
    return { name, in: 'header', description, schema: { type: 'string' } }
  }
  return {
    results: query('results', 'Which results are listed.', ['all', 'errors', 'none']),
    receipt: query('receipt', 'Adds topic, partition and offset to each accepted event.', ON),
    wait: query(
      'wait',
      'For tests and first steps: answers when the accepted events can be queried, or after 7 s with `queryable: false`.',
      ['queryable'],
    ),
    strict: query('strict', 'One rejected event refuses the whole request.', ON),
    requestId: header('X-Request-Id', 'An id of your own for this request; it is echoed.'),
    idempotencyKey: header('Idempotency-Key', 'The ids of events without one are derived from it.'),
  }
}

function securitySchemes(): Schema {
  return {
    apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    bearer: { type: 'http', scheme: 'bearer' },
    basic: { type: 'http', scheme: 'basic', description: 'The key as user name, no password.' },
    writeKey: { type: 'apiKey', in: 'header', name: 'X-Write-Key' },
    writeKeyInQuery: {
      type: 'apiKey',
      in: 'query',
      name: 'writeKey',
      description: 'On the paths of SDKs only.',
    },
  }
}
