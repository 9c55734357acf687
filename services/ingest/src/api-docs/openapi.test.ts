import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  EVENT_CODES,
  EVENT_FIELDS,
  eventSchema,
  REQUEST_CODES,
  WARNING_CODES,
} from '@custom-events/event'
import { Validator } from '@seriousme/openapi-schema-validator'
import { openApiDocument } from './openapi.ts'
import { createAnswerCheck, operations } from '../testing/openapi-test-support.ts'
import { ASSET_PATHS } from '../http/paths.ts'
import { routesOf } from '../routes.ts'
import { eventText, startTestIngest, type TestAnswer } from '../testing/test-support.ts'

const JSON_PATHS = ['/openapi.json', '/schemas/event.json']
const PAGES = [...JSON_PATHS, ...ASSET_PATHS]

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const result = await validator.validate(JSON.parse(JSON.stringify(openApiDocument())))
  assert.deepEqual([result.valid, result.errors], [true, undefined])
  assert.equal(validator.version, '3.1')
  const ids = JSON.stringify(openApiDocument()).match(/"operationId":"[^"]+"/g) ?? []
  assert.equal(new Set(ids).size, ids.length, 'every operation has an id of its own')
})

test('what the router takes is in the document, and nothing else is', async () => {
  await using ingest = await startTestIngest()
  const matches = (routePath: string | RegExp, path: string) =>
    typeof routePath === 'string'
      ? routePath === path
      : routePath.test(path.replace('{key}', 'a-key'))
  const routes = routesOf(ingest.parts).flatMap(({ paths, method }) =>
    paths.flatMap((path) => {
      const methods = method === 'GET' ? ['GET', 'HEAD'] : [method]
      return methods.map((one) => ({ method: one, path }))
    }),
  )
  const documented = operations()
  const isSame = (route: (typeof routes)[number], one: (typeof documented)[number]) =>
    route.method === one.method && matches(route.path, one.path)
  for (const route of routes) {
    const found = documented.filter((one) => isSame(route, one))
    assert.equal(found.length, 1, `${route.method} ${route.path} in the document`)
  }
  for (const one of documented) {
    const found = routes.filter((route) => isSame(route, one))
    assert.equal(found.length, 1, `${one.method} ${one.path} in the router`)
  }
})

test('every code is in the document, each under its status', () => {
  const { components } = JSON.parse(JSON.stringify(openApiDocument()))
  const { schemas, responses } = components
  assert.deepEqual(schemas.Problem.properties.code.enum, Object.keys(REQUEST_CODES))
  assert.deepEqual(schemas.EventError.properties.code.enum, Object.keys(EVENT_CODES))
  assert.deepEqual(schemas.Warning.properties.code.enum, Object.keys(WARNING_CODES))
  for (const [code, { status }] of Object.entries(REQUEST_CODES)) {
    const { schema } = responses[`Refused${status}`].content['application/problem+json']
    assert.ok(schema.allOf[1].properties.code.enum.includes(code), code)
  }
})

test('an event may be sent with every name of the contract, and with the limits of its field', () => {
  const { properties } = JSON.parse(JSON.stringify(openApiDocument())).components.schemas.Event
  const names = EVENT_FIELDS.flatMap((field) => field.names)
  assert.deepEqual(Object.keys(properties).toSorted(), names.toSorted())
  for (const { names: aliases, chars = [] } of EVENT_FIELDS) {
    for (const alias of aliases) {
      const { minLength, maxLength } = properties[alias]
      assert.deepEqual([minLength, maxLength], [chars[0], chars[1]], alias)
    }
  }
})

test('an answer that is not as documented is noticed', async () => {
  await using ingest = await startTestIngest()
  const check = createAnswerCheck()
  const asked = { path: '/track', method: 'POST' }
  const answer = await ingest.post(eventText())
  check(answer, asked)
  assert.throws(() => check({ ...answer, body: { ...answer.body, secret: 1 } }, asked))
  assert.throws(() => check({ ...answer, body: { ...answer.body, results: [{}] } }, asked))
  assert.throws(() => check({ ...answer, status: 202 }, asked))
  assert.throws(() => check(answer, { ...asked, path: '/elsewhere' }))
})

test('the description and its page are for GET and HEAD, cacheable, and never a redirect', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.notReadyReason = 'away' // they work all the same
  for (const path of PAGES) {
    const got = await fetch(ingest.url + path, { redirect: 'error' })
    const body = await got.arrayBuffer()
    assert.equal(got.status, 200, path)
    assert.equal(got.headers.get('cache-control'), 'public, max-age=300')
    assert.equal(got.headers.get('etag'), null)
    assert.equal(Number(got.headers.get('content-length')), body.byteLength)
    const head = await fetch(ingest.url + path, { method: 'HEAD', redirect: 'error' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    for (const name of ['content-length', 'content-type']) {
      assert.equal(head.headers.get(name), got.headers.get(name), `${name} of HEAD ${path}`)
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await ingest.post('', { path, method })
      assert.deepEqual([refused.status, refused.body.code], [405, 'method_not_allowed'])
      assert.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS')
    }
    const isPage = ASSET_PATHS.includes(path)
    assert.equal(got.headers.has('content-security-policy'), isPage, path)
  }
  for (const path of ['/docs/index.html', '/docs//', '/Docs', '/openapi.json/', '/docs/../docs']) {
    const response = await fetch(ingest.url + path, { redirect: 'manual' })
    assert.ok([200, 404].includes(response.status), path)
    await response.arrayBuffer()
  }
})

test('pages are given so often and no oftener; events are taken meanwhile', async () => {
  await using ingest = await startTestIngest()
  const startedAt = performance.now()
  const answers: TestAnswer[] = []
  const ask = async (): Promise<void> => {
    for (let n = 0; n < 60; n += 1) {
      answers.push(await ingest.post('', { method: 'GET', path: '/schemas/event.json' }))
    }
  }
  await Promise.all(Array.from({ length: 10 }, ask))
  const seconds = (performance.now() - startedAt) / 1_000
  const { 200: given = [], 503: refused = [] } = Object.groupBy(answers, ({ status }) => status)
  assert.ok(given.length >= 50 && given.length <= 51 + 50 * seconds, `${given.length}`)
  assert.equal(given.length + refused.length, 600)
  for (const { body, headers } of refused) {
    assert.equal(body.code, 'overloaded')
    assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  }
  assert.equal((await ingest.post(eventText())).body.accepted, 1)
})

test('the schema of an event is served as it lies in the repository', async () => {
  await using ingest = await startTestIngest()
  const { body } = await ingest.post('', { method: 'GET', path: '/schemas/event.json' })
  assert.deepEqual(body, eventSchema)
  const described = await ingest.post('', { method: 'GET', path: '/openapi.json' })
  const { $schema: _, $id: __, ...included } = eventSchema
  assert.deepEqual(described.body.components.schemas.NormalisedEvent, included)
})
