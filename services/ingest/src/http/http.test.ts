import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { Keys } from '../auth/key-file.ts'
import { BAD_EVENT, countOf, eventText, startTestIngest } from '../testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from '../auth/write-keys.ts'

const EVENT = eventText()

test('every refusal is a 4xx or 5xx with code, message, error and success false', async () => {
  await using ingest = await startTestIngest({ limits: { maxBodyBytes: 5_000, maxEvents: 3 } })
  const nested = '['.repeat(40_000)
  const table: readonly (readonly [
    string | Buffer,
    Parameters<typeof ingest.post>[1],
    number,
    string,
  ])[] = [
    ['', {}, 400, 'empty_body'],
    [' \n', {}, 400, 'empty_body'],
    ['{"a":', {}, 400, 'invalid_json'],
    [nested.slice(0, 5_000), {}, 400, 'invalid_json'],
    [Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, 'invalid_utf8'],
    [Buffer.from('{"a":"\xc0\xaf"}', 'latin1'), {}, 400, 'invalid_utf8'],
    [Buffer.from(EVENT, 'utf16le'), {}, 400, 'invalid_json'],
    ['null', {}, 400, 'invalid_envelope'],
    ['42', {}, 400, 'invalid_envelope'],
    ['"x"', {}, 400, 'invalid_envelope'],
    ['{"batch":[{}],"events":[{}]}', {}, 400, 'invalid_envelope'],
    ['{"batch":[{}],"batch":[{}]}', {}, 400, 'invalid_envelope'],
    ['[]', {}, 400, 'empty_batch'],
    ['{"batch":[]}', {}, 400, 'empty_batch'],
    ['[5,6,7,8]', {}, 413, 'too_many_events'],
    ['x'.repeat(5_001), {}, 413, 'body_too_large'],
    [
      gzipSync(Buffer.alloc(5_001)),
      { headers: { 'content-encoding': 'gzip' } },
      413,
      'body_too_large',
    ],
    [
      brotliCompressSync(Buffer.alloc(20_000_000)),
      { headers: { 'content-encoding': 'br' } },
      413,
      'body_too_large',
    ],
    ['plain', { headers: { 'content-encoding': 'gzip' } }, 400, 'invalid_encoding'],
    [
      gzipSync(EVENT).subarray(0, -4),
      { headers: { 'content-encoding': 'gzip' } },
      400,
      'invalid_encoding',
    ],
    [
      Buffer.concat([gzipSync(EVENT), Buffer.from('x')]),
      { headers: { 'content-encoding': 'gzip' } },
      400,
      'invalid_encoding',
    ],
    [
      Buffer.concat([deflateSync(EVENT), Buffer.from('x')]),
      { headers: { 'content-encoding': 'deflate' } },
      400,
      'invalid_encoding',
    ],
    [EVENT, { headers: { 'content-encoding': 'gzip, gzip' } }, 415, 'unsupported_encoding'],
    [EVENT, { headers: { 'content-encoding': 'toString' } }, 415, 'unsupported_encoding'],
    [
      EVENT,
      { headers: { 'content-type': 'multipart/form-data; boundary=x' } },
      415,
      'unsupported_media_type',
    ],
    [EVENT, { path: '/nope' }, 404, 'not_found'],
    [EVENT, { path: '/TRACK' }, 404, 'not_found'],
    [EVENT, { path: '/%74rack' }, 404, 'not_found'],
    [EVENT, { path: '/%zz' }, 404, 'not_found'],
    [EVENT, { method: 'GET' }, 405, 'method_not_allowed'],
    [EVENT, { method: 'DELETE' }, 405, 'method_not_allowed'],
    [EVENT, { path: `/track?${'x'.repeat(2_048)}` }, 414, 'uri_too_long'],
    [
      EVENT,
      { headers: Object.fromEntries(Array.from({ length: 61 }, (_, n) => [`h-${n}`, '1'])) },
      431,
      'headers_too_large',
    ],
    [EVENT, { headers: { h: 'x'.repeat(17_000) } }, 431, 'headers_too_large'],
  ]
  for (const [body, options, status, code] of table) {
    const answer = await ingest.post(body, options)
    const what = `${code}: ${JSON.stringify(answer.body)}`
    assert.deepEqual([answer.status, answer.body.code], [status, code], what)
    assert.equal(answer.body.success, false, what)
    assert.ok(
      typeof answer.body.message === 'string' && typeof answer.body.error === 'string',
      what,
    )
    assert.equal(answer.headers.get('content-type'), 'application/problem+json', what)
    assert.equal(answer.headers.get('x-request-id'), answer.body.request_id, what)
  }
  assert.equal(ingest.producer.records.length, 0)
  assert.equal(await countOf(ingest.metrics.received), 0)
  assert.equal(ingest.budget.usedBytes, 0, 'every refused request gave its bytes back')
})

test('405 and 415 say what is allowed', async () => {
  await using ingest = await startTestIngest()
  const wrongMethod = await ingest.post('', { method: 'PUT' })
  assert.equal(wrongMethod.headers.get('allow'), 'POST, OPTIONS')
  const wrongEncoding = await ingest.post('x', { headers: { 'content-encoding': 'zstd' } })
  assert.equal(wrongEncoding.headers.get('accept-encoding'), 'gzip, deflate, br')
})

test('invalid JSON is answered with line and column, not with our parser’s words', async () => {
  await using ingest = await startTestIngest()
  const document = await ingest.post('{\n  "event": "x",\n  oops\n}')
  assert.equal(document.body.message, 'line 3, column 3: expected a key in double quotes')
  const headers = { 'content-type': 'application/x-ndjson' }
  const lines = await ingest.post(`${EVENT}\n\n{"a" 1}\n`, { headers })
  const [, wrong] = lines.body.results
  assert.equal(wrong.errors[0].detail, 'line 3, column 6: expected a colon')
})

interface Told {
  readonly code: string
  readonly pointer: string
  readonly got: string
}

test('a line that cannot be read is one rejected event, and its neighbours are accepted', async () => {
  await using ingest = await startTestIngest()
  const headers = { 'content-type': 'application/x-ndjson' }
  const latin1 = Buffer.from('{"event":"caf\xe9"}', 'latin1')
  const body = Buffer.concat([
    Buffer.from(`\ufeff${EVENT}\n{"event":\n`),
    latin1,
    Buffer.from(`\n{"event":"x","value":NaN}\r\n${EVENT}`),
  ])
  const answer = await ingest.post(body, { headers })
  assert.deepEqual([answer.status, answer.body.accepted, answer.body.rejected], [200, 2, 3])
  const results: readonly { readonly errors?: readonly Told[] }[] = answer.body.results
  const codes = results.map(({ errors = [] }) =>
    errors.map(({ code, pointer }) => `${code} ${pointer}`).join(),
  )
  assert.deepEqual(codes, ['', 'invalid_json /1', 'invalid_utf8 /2', 'number_not_finite /3', ''])
  const raws = ingest.rejectedEvents().map(({ raw }) => raw)
  assert.deepEqual(raws, ['{"event":', latin1.toString('base64'), '{"event":"x","value":NaN}'])
})

test('a number that is none costs its own event, not its neighbours', async () => {
  await using ingest = await startTestIngest()
  const bad = ['NaN', '-Infinity', '[1, Infinity ]'].map((value) => `{"properties":{"v":${value}}}`)
  const quoted = eventText({ properties: { text: 'NaN, "Infinity": NaN' } })
  for (const [open, close] of [
    ['[', ']'],
    ['{"batch":[', '],"sentAt":"2023-11-04T14:45:31Z"}'],
  ] as const) {
    const { status, body } = await ingest.post(open + [EVENT, ...bad, quoted].join() + close)
    assert.deepEqual([status, body.accepted, body.rejected], [200, 2, 3])
    const errors = body.results.flatMap(({ errors: told = [] }) => told)
    assert.deepEqual(
      errors.map((error: Told) => [error.code, error.got]),
      [
        ['number_not_finite', 'NaN'],
        ['number_not_finite', '-Infinity'],
        ['number_not_finite', 'Infinity'],
      ],
    )
  }
  assert.equal(ingest.events().at(-1)?.properties, JSON.stringify({ text: 'NaN, "Infinity": NaN' }))
  const single = await ingest.post('{"event":"x","value":NaN}')
  assert.deepEqual([single.status, single.body.code], [400, 'validation_failed'])
  assert.equal(single.body.results[0].errors[0].code, 'number_not_finite')
  for (const text of [
    '{"batch":[{}],"context":{"a":NaN}}',
    '[1NaN]',
    '[-NaN]',
    '{NaN:1}',
    '[{},NaNx]',
  ]) {
    assert.equal((await ingest.post(text)).body.code, 'invalid_json', text)
  }
})

test('a compressed body that does not say so is told how to', async () => {
  await using ingest = await startTestIngest()
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])
  for (const body of [gzipSync(`[${EVENT}]`), zstd]) {
    for (const type of ['text/plain', 'application/x-ndjson']) {
      const answer = await ingest.post(body, { headers: { 'content-type': type } })
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_encoding'])
      assert.match(answer.body.message, /Content-Encoding/)
    }
  }
})

test('compressed bodies are read', async () => {
  await using ingest = await startTestIngest()
  const bodies = {
    gzip: gzipSync(EVENT),
    'x-gzip': gzipSync(EVENT),
    GZIP: gzipSync(EVENT),
    deflate: deflateSync(EVENT),
    'deflate ': deflateRawSync(EVENT),
    br: brotliCompressSync(EVENT),
    identity: Buffer.from(EVENT),
  }
  for (const [encoding, body] of Object.entries(bodies)) {
    const answer = await ingest.post(body, { headers: { 'content-encoding': encoding } })
    assert.equal(answer.status, 200, `${encoding}: ${answer.body.message}`)
  }
})

test('a request id is echoed when it is safe, else replaced', async () => {
  await using ingest = await startTestIngest()
  const kept = await ingest.post(EVENT, { headers: { 'x-request-id': 'A.b-c_9' } })
  assert.equal(kept.headers.get('x-request-id'), 'A.b-c_9')
  assert.equal(kept.body.request_id, 'A.b-c_9')
  for (const unsafe of ['a b', '<script>', 'x'.repeat(129)]) {
    const answer = await ingest.post(EVENT, { headers: { 'x-request-id': unsafe } })
    assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  }
})

test('what load speaks against is refused before the body is read', async () => {
  await using ingest = await startTestIngest({ limits: { maxInFlightBytes: 10_000 } })
  const tooMuch = await ingest.post('x'.repeat(10_001))
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [503, 'overloaded'])
  ingest.producer.isFull = true
  assert.equal((await ingest.post('not json')).body.code, 'overloaded')
  ingest.producer.isFull = false
  ingest.producer.notReadyReason = 'Kafka is not reachable at 10.0.0.1'
  const away = await ingest.post('not json')
  assert.deepEqual([away.status, away.body.code], [503, 'kafka_unavailable'])
  assert.doesNotMatch(JSON.stringify(away.body), /10\.0\.0\.1/)
  ingest.producer.notReadyReason = null
  ingest.schemas.notReadyReason = 'the registry is away'
  const unregistered = await ingest.post('not json')
  assert.deepEqual([unregistered.status, unregistered.body.code], [503, 'kafka_unavailable'])
  assert.match(unregistered.headers.get('retry-after') ?? '', /^\d+$/)
  ingest.schemas.notReadyReason = null
  assert.equal((await ingest.post(EVENT)).status, 200)
})

test('while draining new requests are 503 and taken ones are answered', async () => {
  const ingest = await startTestIngest({ serverLimits: { drainDelayMs: 300 } })
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const taken = ingest.post(EVENT)
  while (ingest.budget.usedBytes === 0) await new Promise((resolve) => setImmediate(resolve))
  const drained = ingest[Symbol.asyncDispose]()
  const refused = await ingest.post(EVENT)
  assert.deepEqual([refused.status, refused.body.code], [503, 'draining'])
  assert.equal(refused.headers.get('connection'), 'close')
  assert.ok(refused.headers.has('retry-after'))
  ingest.producer.outcome = outcome
  assert.equal((await taken).status, 200)
  await drained
  await assert.rejects(fetch(ingest.url))
})

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

function keysOf(...entries: readonly object[]): Keys {
  const keys = parseWriteKeys(JSON.stringify({ keys: entries }))
  return { isOff: false, find: createKeyFinder(keys) }
}

test('a write key is found wherever a client puts it, and names the source', async () => {
  const keys = keysOf(
    { name: 'web', sha256: hashOf('k1') },
    { name: 'web', sha256: hashOf('k3:secret') },
    { name: 'ios', sha256: hashOf('k2') },
  )
  await using ingest = await startTestIngest({ keys })
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const table = [
    { 'x-api-key': 'k1' },
    { authorization: 'Bearer k1' },
    { authorization: basic('k1:') },
    { authorization: basic('k1') },
    { authorization: basic('k3:secret:') },
    { authorization: basic('k3:secret') },
    { 'x-write-key': 'k1' },
    { 'x-api-key': 'k1', authorization: 'Bearer wrong' },
  ]
  for (const headers of table) {
    assert.equal((await ingest.post(EVENT, { headers })).status, 200, JSON.stringify(headers))
    assert.equal(ingest.events().at(-1)?.source, 'web')
  }
  await ingest.post(EVENT, { headers: { 'x-api-key': 'k2' } })
  assert.equal(ingest.events().at(-1)?.source, 'ios')
})

test('without a key, or with a wrong one, nothing is read', async () => {
  const keys = keysOf(
    { name: 'web', sha256: hashOf('k1') },
    { name: 'ops', sha256: hashOf('a'), scopes: ['admin'] },
  )
  await using ingest = await startTestIngest({ keys })
  const table: readonly (readonly [Record<string, string>, number, string])[] = [
    [{}, 401, 'missing_api_key'],
    [{ 'x-api-key': 'wrong' }, 401, 'invalid_api_key'],
    [{ authorization: 'Basic' }, 401, 'missing_api_key'],
    [{ 'x-api-key': 'a' }, 403, 'key_scope'],
  ]
  for (const [headers, status, code] of table) {
    const answer = await ingest.post('not json', { headers })
    assert.deepEqual([answer.status, answer.body.code], [status, code])
    assert.equal(answer.headers.has('www-authenticate'), status === 401)
    assert.doesNotMatch(JSON.stringify(answer.body), /wrong/)
  }
})

test('a key bound to accounts writes no other, and then nothing of the request', async () => {
  const keys = keysOf({ name: 'web', sha256: hashOf('k1'), group_ids: ['account_456'] })
  await using ingest = await startTestIngest({ keys })
  const headers = { 'x-api-key': 'k1' }
  assert.equal((await ingest.post(EVENT, { headers })).status, 200)
  const mixed = `[${EVENT},${eventText({ group_id: 'account_1' })},${BAD_EVENT}]`
  const answer = await ingest.post(mixed, { headers })
  assert.deepEqual([answer.status, answer.body.code], [403, 'key_scope'])
  const statuses = answer.body.results.map((result: { status: string }) => result.status)
  assert.deepEqual(statuses, ['retry', 'rejected', 'rejected'])
  assert.equal(ingest.events().length, 1)
})

test('a key bound to origins is refused from others', async () => {
  const keys = keysOf({ name: 'web', sha256: hashOf('k1'), origins: ['https://app.example.com'] })
  await using ingest = await startTestIngest({ keys })
  const from = async (origin: string) =>
    (await ingest.post(EVENT, { headers: { 'x-api-key': 'k1', origin } })).body.code
  assert.equal(await from('https://evil.example.com'), 'origin_not_allowed')
  assert.equal(await from('https://app.example.com'), undefined)
})
