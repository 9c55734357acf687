import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import type { Keys } from '../auth/key-file.ts'
import { NOISE_PATHS, OWN_PATHS, SDK_PATHS, SOURCE_CONFIG_PATH } from '../http/paths.ts'
import { createAnswerCheck } from '../testing/openapi-test-support.ts'
import {
  BAD_EVENT,
  countOf,
  eventText,
  startTestIngest,
  type TestAnswer,
} from '../testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from '../auth/write-keys.ts'

const EVENT = eventText()
const UNAVAILABLE = { status: 'unacknowledged', reason: 'kafka_unavailable' } as const

function keysOf(...entries: readonly object[]): Keys {
  const keys = parseWriteKeys(JSON.stringify({ keys: entries }))
  return { isOff: false, find: createKeyFinder(keys) }
}
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

const TRACK_PATHS = [...OWN_PATHS, ...SDK_PATHS]
const POST_PATHS = [...TRACK_PATHS, ...NOISE_PATHS, '/v1/validate']

/** What clients rely on; a mixed batch is the one 200 that is not a success. */
function assertLawOf({ status, headers, body }: TestAnswer, what: string): void {
  const where = `${what}: ${status} ${JSON.stringify(body)}`
  assert.ok(status === 200 || (status >= 400 && status < 600), where)
  assert.ok(typeof body === 'object' && body !== null && !Array.isArray(body), where)
  assert.match(headers.get('x-request-id') ?? '', /./, where)
  if (status === 200) {
    assert.equal(headers.get('content-type'), 'application/json', where)
    assert.ok(!body.error, where)
    assert.ok(body.success === true || body.code === 'partial_rejection', where)
    return
  }
  assert.equal(headers.get('content-type'), 'application/problem+json', where)
  assert.equal(body.success, false, where)
  for (const name of ['code', 'message', 'error', 'title', 'type', 'detail', 'request_id']) {
    assert.equal(typeof body[name], 'string', `${name} in ${where}`)
  }
  assert.equal(body.status, status, where)
  const isLater = status === 429 || status === 503
  assert.equal(/^\d+$/.test(headers.get('retry-after') ?? ''), isLater, where)
}

test('the law of answers holds for every kind of answer on every path', async () => {
  const keys = keysOf(
    { name: 'web', sha256: hashOf('k1') },
    { name: 'bound', sha256: hashOf('k2'), group_ids: ['other'], origins: ['https://a.example'] },
  )
  const limits = { maxBodyBytes: 3_000, maxEvents: 3, bodyTimeoutMs: 500 }
  await using ingest = await startTestIngest({ keys, limits })
  const k1 = { 'x-api-key': 'k1' }
  const kinds: readonly (readonly [string, string, Parameters<typeof ingest.post>[1]])[] = [
    ['accepted', EVENT, { headers: k1 }],
    ['mixed', `[${EVENT},${BAD_EVENT},{"type":"page"}]`, { headers: k1 }],
    ['rejected', BAD_EVENT, { headers: k1 }],
    ['ignored', '{"type":"identify"}', { headers: k1 }],
    ['no JSON', '{', { headers: k1 }],
    ['empty', '', { headers: k1 }],
    ['no events', '{"batch":[]}', { headers: k1 }],
    ['too many', '[1,2,3,4]', { headers: k1 }],
    ['too large', 'x'.repeat(3_001), { headers: k1 }],
    ['no key', EVENT, {}],
    ['wrong key', EVENT, { headers: { 'x-api-key': 'no' } }],
    ['foreign account', EVENT, { headers: { 'x-api-key': 'k2' } }],
    ['foreign origin', EVENT, { headers: { 'x-api-key': 'k2', origin: 'https://b.example' } }],
    ['encoding', EVENT, { headers: { ...k1, 'content-encoding': 'zstd' } }],
    ['type', EVENT, { headers: { ...k1, 'content-type': 'multipart/form-data' } }],
    ['method', '', { headers: k1, method: 'GET' }],
  ]
  const checkDocumented = createAnswerCheck()
  const assertLaw = (answer: TestAnswer, what: string, path: string, method = 'POST') => {
    assertLawOf(answer, what)
    checkDocumented(answer, { path, method })
  }
  for (const path of [...POST_PATHS, '/nowhere']) {
    for (const [kind, body, options] of kinds) {
      const answer = await ingest.post(body, { ...options, path })
      assertLaw(answer, `${kind} on ${path}`, path, options?.method)
    }
    ingest.producer.notReadyReason = 'away'
    assertLaw(await ingest.post(EVENT, { headers: k1, path }), `Kafka away on ${path}`, path)
    ingest.producer.notReadyReason = null
    const { outcome } = ingest.producer
    ingest.producer.outcome = () => UNAVAILABLE
    assertLaw(await ingest.post(EVENT, { headers: k1, path }), `unacknowledged on ${path}`, path)
    ingest.producer.outcome = () => {
      throw new Error('secret')
    }
    const bug = await ingest.post(EVENT, { headers: k1, path })
    assertLaw(bug, `a bug on ${path}`, path)
    assert.doesNotMatch(JSON.stringify(bug.body), /secret/)
    ingest.producer.outcome = outcome
  }
  const path = '/v1/projects/k/settings'
  assertLaw(await ingest.post('', { method: 'GET', path }), 'settings', path, 'GET')
  assertLaw(await ingest.post('', { path }), 'settings by POST', path)
  const got = await ingest.post('', { method: 'GET', path: SOURCE_CONFIG_PATH })
  assertLaw(got, 'source configuration', SOURCE_CONFIG_PATH, 'GET')
  const posted = await ingest.post('', { path: SOURCE_CONFIG_PATH })
  assertLaw(posted, 'the same by POST', SOURCE_CONFIG_PATH)
  const [received, ...fates] = await Promise.all(
    (['received', 'accepted', 'rejected', 'ignored', 'unacknowledged'] as const).map((name) =>
      countOf(ingest.metrics[name]),
    ),
  )
  assert.equal(
    received,
    fates.reduce((sum, count) => sum + count, 0),
    'every event met one fate',
  )
})

test('every path for events takes them, one or many', async () => {
  await using ingest = await startTestIngest()
  for (const path of TRACK_PATHS) {
    for (const body of [
      EVENT,
      `[${EVENT}]`,
      `{"batch":[${EVENT}],"sentAt":"2024-01-01T00:00:00Z"}`,
    ]) {
      const before = ingest.events().length
      assert.equal((await ingest.post(body, { path })).status, 200, path)
      assert.equal(ingest.events().length, before + 1, path)
    }
  }
})

test('paths are exact: case and encoding make another path', async () => {
  await using ingest = await startTestIngest()
  const paths = ['/V1/batch', '/v1/%62atch', '/%2Ftrack', '/a/track', '/trackk/']
  const odd = ['/v1/projects//settings', '/v1/projects/%zz/settings', '/v1/projects/a%2Fb/settings']
  for (const path of [...paths, ...odd]) {
    assert.equal((await ingest.post(EVENT, { path })).body.code, 'not_found', path)
  }
})

test('slashes that are too many make no other path: hosts are often written with one at their end', async () => {
  await using ingest = await startTestIngest()
  for (const path of [...TRACK_PATHS, '/v1/validate', ...NOISE_PATHS]) {
    for (const typed of [`/${path}`, `${path}/`, path.replaceAll('/', '///'), `${path}//?x=//`]) {
      assert.equal((await ingest.post(EVENT, { path: typed })).status, 200, typed)
    }
  }
  for (const path of [
    '//v1/projects/k/settings',
    '/v1/projects/k/settings/',
    '//docs/',
    '/sourceConfig/',
  ]) {
    assert.equal((await fetch(ingest.url + path)).status, 200, path)
  }
})

test('what SDKs send beside events is ignored, also while Kafka is away', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.notReadyReason = 'away'
  ingest.producer.isFull = true
  for (const path of NOISE_PATHS) {
    const { status, body } = await ingest.post(`{"batch":[${EVENT},{"type":"page"}]}`, { path })
    assert.deepEqual([status, body.success, body.received, body.ignored], [200, true, 2, 2], path)
  }
  assert.equal(ingest.producer.records.length, 0)
})

test('SDK paths answer 429 backpressure where our own answer 503', async () => {
  await using ingest = await startTestIngest({ limits: { maxInFlightBytes: 10_000 } })
  const { producer, schemas } = ingest
  const { outcome } = producer
  const troubles: readonly (readonly [() => void, () => void, string, string])[] = [
    [
      () => (producer.notReadyReason = 'x'),
      () => (producer.notReadyReason = null),
      EVENT,
      'kafka_unavailable',
    ],
    [
      () => (schemas.notReadyReason = 'x'),
      () => (schemas.notReadyReason = null),
      EVENT,
      'kafka_unavailable',
    ],
    [() => (producer.isFull = true), () => (producer.isFull = false), EVENT, 'overloaded'],
    [
      () => (producer.outcome = () => UNAVAILABLE),
      () => (producer.outcome = outcome),
      EVENT,
      'kafka_unavailable',
    ],
    [() => {}, () => {}, 'x'.repeat(10_001), 'overloaded'],
  ]
  for (const [begin, end, body, ownCode] of troubles) {
    begin()
    for (const path of OWN_PATHS) {
      const own = await ingest.post(body, { path })
      assert.deepEqual([own.status, own.body.code], [503, ownCode], path)
    }
    for (const path of SDK_PATHS) {
      const sdk = await ingest.post(body, { path })
      assert.deepEqual([sdk.status, sdk.body.code], [429, 'backpressure'], path)
      assert.match(sdk.headers.get('retry-after') ?? '', /^\d+$/)
    }
    end()
  }
})

test('SDKs are told only the errors, unless they ask', async () => {
  await using ingest = await startTestIngest()
  const indexes = async (path: string) => {
    const { body } = await ingest.post(`{"batch":[${EVENT},${BAD_EVENT}]}`, { path })
    return body.results.map(({ index }: { index: number }) => index)
  }
  assert.deepEqual(await indexes('/track'), [0, 1])
  assert.deepEqual(await indexes('/v1/batch'), [1])
  assert.deepEqual(await indexes('/v1/batch?results=all'), [0, 1])
})

test('the body’s own counts are in headers, for clients that read nothing else', async () => {
  await using ingest = await startTestIngest()
  const noZone = eventText({ timestamp: '2023-11-04T14:45:30' })
  for (const path of TRACK_PATHS) {
    const { headers } = await ingest.post(`[${noZone},${EVENT},${BAD_EVENT}]`, { path })
    const counts = ['accepted', 'rejected', 'warnings'].map((name) =>
      headers.get(`x-track-${name}`),
    )
    assert.deepEqual(counts, ['2', '1', '1'], path)
  }
})

test('a key in the body or the query opens the paths of SDKs only, and a header beats both', async () => {
  const keys = keysOf({ name: 'web', sha256: hashOf('k1') }, { name: 'ios', sha256: hashOf('k2') })
  await using ingest = await startTestIngest({ keys })
  const inBody = [
    eventText({ writeKey: 'k1' }),
    eventText({ api_key: 'k1' }),
    `{"batch":[${EVENT}],"writeKey":"k1"}`,
    `{"batch":[${EVENT}],"api_key":"k1"}`,
  ]
  for (const path of SDK_PATHS) {
    for (const body of inBody) assert.equal((await ingest.post(body, { path })).status, 200, path)
    for (const name of ['writeKey', 'api_key']) {
      assert.equal((await ingest.post(EVENT, { path: `${path}?${name}=k1` })).status, 200, path)
    }
    assert.equal(ingest.events().at(-1)?.source, 'web')
    const masked = eventText({ writeKey: 'k1:***' })
    await ingest.post(masked, { path, headers: { 'x-write-key': 'k2' } })
    assert.equal(ingest.events().at(-1)?.source, 'ios')
    for (const writeKey of ['no', 7, '', null]) {
      const { status } = await ingest.post(eventText({ writeKey }), { path })
      assert.equal(status, 401, `${path} ${writeKey}`)
    }
    const both = await ingest.post(eventText({ writeKey: 'k1' }), { path: `${path}?writeKey=no` })
    assert.equal(both.body.code, 'invalid_api_key', 'the query is asked before the body')
  }
  for (const path of OWN_PATHS) {
    for (const body of inBody) {
      assert.equal((await ingest.post(body, { path })).body.code, 'missing_api_key', path)
    }
    assert.equal((await ingest.post(EVENT, { path: `${path}?writeKey=k1` })).status, 401)
  }
  assert.doesNotMatch(ingest.logLines.join(''), /k1|k2/)
  assert.doesNotMatch(JSON.stringify(ingest.events()), /k1|k2/, 'keys are never stored')
})

test('the settings of a project point Segment’s browser SDK back to us', async () => {
  await using ingest = await startTestIngest({ keys: keysOf({ name: 'w', sha256: hashOf('k') }) })
  const answer = await ingest.post('', { method: 'GET', path: '/v1/projects/a-b:c/settings?x=1' })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, {
    success: true,
    integrations: {
      'Segment.io': { apiKey: 'a-b:c', apiHost: `127.0.0.1:${ingest.port}/v1` },
    },
    metrics: { sampleRate: 0 }, // else every page tells api.segment.io
  })
})

test('the configuration of a source has RudderStack’s browser SDK send here only, and nothing else', async () => {
  await using ingest = await startTestIngest({ keys: keysOf({ name: 'w', sha256: hashOf('k') }) })
  const path = '/sourceConfig/?p=npm&v=3.34.1&writeKey=k'
  const { status, body } = await ingest.post('', { method: 'GET', path })
  assert.equal(status, 200)
  assert.deepEqual([body.source.enabled, body.source.destinations], [true, []])
  assert.doesNotMatch(JSON.stringify(body.source.config), /true/, 'no telemetry')
})

test('a dry run tells what would be stored and where, and keeps nothing', async () => {
  await using ingest = await startTestIngest()
  ingest.producer.notReadyReason = 'away'
  const sent = `[${eventText({ timestamp: '2023-11-04 14:45:30', properties: { n: 1 } })},${BAD_EVENT}]`
  const { status, headers, body } = await ingest.post(sent, { path: '/v1/validate' })
  assert.equal(status, 200)
  assert.deepEqual(
    [body.dry_run, body.success, body.code, body.accepted, body.rejected],
    [true, false, 'partial_rejection', 1, 1],
  )
  assert.equal(headers.get('x-track-warnings'), '1')
  assert.match(body.message, /nothing was kept/)
  const [good, bad] = body.results
  assert.equal(good.partition, partitionOf('account_456', 12))
  assert.equal('receipt' in good, false)
  assert.deepEqual(good.warnings, [{ code: 'timestamp_assumed_utc', pointer: '/0/timestamp' }])
  const { received_at: receivedAt, ...event } = good.event
  assert.match(receivedAt, /^\d{4}-.*Z$/)
  assert.deepEqual(event, {
    event_id: 'e-1',
    event: 'feature_used',
    group_id: 'account_456',
    user_id: 'user_789',
    anonymous_id: null,
    timestamp: '2023-11-04T14:45:30.000Z',
    sent_at: null,
    properties: '{"n":1}',
    context: '{}',
    extra: '{}',
    source: '',
  })
  assert.equal(bad.errors[0].code, 'missing_group_id')
  assert.equal(ingest.producer.records.length, 0, 'not even the rejected one')
  assert.equal(await countOf(ingest.metrics.received), 0)
})

test('a dry run refuses what /track refuses, for the same reasons', async () => {
  const keys = keysOf({ name: 'w', sha256: hashOf('k'), group_ids: ['account_456'] })
  await using ingest = await startTestIngest({ keys })
  const headers = { 'x-api-key': 'k' }
  const foreign = eventText({ group_id: 'other' })
  for (const body of [BAD_EVENT, foreign, '{', '[]', '5', `[${EVENT},${foreign}]`]) {
    const [dry, real] = [
      await ingest.post(body, { path: '/v1/validate', headers }),
      await ingest.post(body, { path: '/track', headers }),
    ]
    assert.ok(real.status >= 400)
    const { request_id: _, instance: __, ...dryBody } = dry.body
    const { request_id: ___, instance: ____, ...realBody } = real.body
    assert.deepEqual([dry.status, dryBody], [real.status, realBody])
  }
  const strict = await ingest.post(`[${EVENT},${BAD_EVENT}]`, {
    path: '/v1/validate?strict=1',
    headers,
  })
  assert.equal(strict.body.code, 'validation_failed')
})
