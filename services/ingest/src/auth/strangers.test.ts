import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { eventually } from '../../../../test/support/eventually.ts'
import type { Keys } from './key-file.ts'
import { exchange, raw } from '../testing/raw.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from './write-keys.ts'

/** What those may ask of us whose write key is inside the body, before we have seen it. */

const EVENT = eventText()
const sha256 = createHash('sha256').update('the-key').digest('hex')
const find = createKeyFinder(parseWriteKeys(JSON.stringify({ keys: [{ name: 'web', sha256 }] })))

/** Counts what is looked up. */
function countedKeys(): Keys & { looks: number } {
  const keys = {
    isOff: false,
    looks: 0,
    find: (text: string) => {
      keys.looks += 1
      return find(text)
    },
  }
  return keys
}

const batch = (key: string, events = EVENT): string => `{"batch":[${events}],"writeKey":"${key}"}`
const SDK = { path: '/v1/batch' }
const GZIP = { ...SDK, headers: { 'content-encoding': 'gzip' } }
const IN_HEADER = { 'x-write-key': 'the-key' }

test('a body whose key we do not know is not parsed, whatever it is', async () => {
  const keys = countedKeys()
  await using ingest = await startTestIngest({ keys })
  const table: readonly (readonly [string, string])[] = [
    [batch('another'), 'invalid_api_key'],
    [`{"batch":[${EVENT}]}`, 'missing_api_key'],
    [`[${EVENT}]`, 'missing_api_key'],
    ['['.repeat(1_000_000), 'missing_api_key'],
    ['{},'.repeat(300_000), 'missing_api_key'],
    ['no JSON', 'missing_api_key'],
    [`{"writeKey":5,"batch":[${EVENT}]}`, 'missing_api_key'],
    [`{"writeKey":"","batch":[${EVENT}]}`, 'missing_api_key'],
    [`{"writeKey":"${'x'.repeat(10_000)}","batch":[${EVENT}]}`, 'missing_api_key'],
    ['{"writeKey"', 'missing_api_key'],
    ['{"writeKey":"the-key', 'missing_api_key'],
    [`{"writeKey"${' '.repeat(900_000)}:"the-key"}`, 'missing_api_key'],
  ]
  const parse = JSON.parse
  let longest = 0
  JSON.parse = (text: string, reviver) => {
    longest = Math.max(longest, text.length)
    return parse(text, reviver)
  }
  try {
    for (const [body, code] of table) {
      const response = await fetch(`${ingest.url}/v1/batch`, { method: 'POST', body })
      const answer = parse(await response.text())
      assert.deepEqual([response.status, answer.code], [401, code], body.slice(0, 40))
    }
  } finally {
    JSON.parse = parse
  }
  assert.ok(longest <= 1_024, `parsed ${longest} characters of somebody we do not know`)
  assert.equal(ingest.events().length, 0)
})

test('however often a body names a key, few are looked up', async () => {
  const keys = countedKeys()
  await using ingest = await startTestIngest({ keys })
  const many = Array.from({ length: 20_000 }, (_, n) => `"writeKey":"${n}","api_key":"a${n}"`)
  const answer = await ingest.post(`{${many.join()}}`, SDK)
  assert.equal(answer.status, 401)
  assert.ok(keys.looks < 200, `${keys.looks} keys were looked up`)
})

test('a key in the body is found wherever it stands there, plain, packed and long', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const own = EVENT.replace('{', '{"writeKey":"not-a-key","properties":{"writeKey":"x"},')
  const events = Array.from({ length: 1_000 }, (_, n) => eventText({ event_id: `e-${n}` })).join()
  const bodies = [
    batch('the-key'),
    `{"writeKey" : "the-key" , "batch":[${EVENT}]}`,
    `{"api_key":"the-key","batch":[${EVENT}]}`,
    `{"writeKey":"th\\u0065-key","batch":[${EVENT}]}`,
    batch('the-key', Array.from({ length: 100 }, () => own).join()),
    `{"writeKey":"the-key","batch":[${Array.from({ length: 100 }, () => own).join()}]}`,
    batch('the-key', events),
    EVENT.replace('{', '{"writeKey":"the-key",'),
  ]
  for (const body of bodies) {
    const plain = await ingest.post(body, SDK)
    assert.equal(plain.status, 200, body.slice(0, 60))
    const packed = gzipSync(Buffer.from(body))
    const headers = { 'content-encoding': 'gzip' }
    assert.equal((await ingest.post(packed, { ...SDK, headers })).status, 200)
  }
  assert.equal((await ingest.post(bodies[0] ?? '', { path: '/v1/identify' })).status, 200)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('a key that stands where it does not belong opens nothing', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const inside = EVENT.replace('{', '{"properties":{"writeKey":"the-key"},')
  for (const body of [`{"batch":[${inside}]}`, `[${inside}]`, inside]) {
    const answer = await ingest.post(body, SDK)
    assert.deepEqual([answer.status, answer.body.code], [401, 'missing_api_key'])
  }
})

test('until the key is known a body has at most 1 MiB and 100 times what was sent, then 5 MiB', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const long = batch('the-key', eventText({ properties: { a: 'x'.repeat(1_100_000) } }))
  const bomb = gzipSync('['.repeat(5_000_000))
  const spaces = gzipSync(batch('the-key', ' '.repeat(90_000)))
  for (const [sent, options] of [
    [long, SDK],
    [bomb, GZIP],
    [spaces, GZIP],
  ] as const) {
    const answer = await ingest.post(sent, options)
    assert.deepEqual([answer.status, answer.body.code], [413, 'body_too_large'])
    assert.match(answer.body.message, /send the key in a header/)
  }
  const known = await ingest.post(long, { ...SDK, headers: IN_HEADER })
  assert.equal(known.body.results[0].errors[0].code, 'event_too_large')
  const deep = await ingest.post(bomb, { ...SDK, headers: { ...IN_HEADER, ...GZIP.headers } })
  assert.deepEqual([deep.status, deep.body.code], [400, 'invalid_json'])
  assert.match(deep.body.message, /nested more than 1000 times/)
})

test('until the key is known a body has at most 512 KiB inflated, however little it was compressed', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const noise = randomBytes(100_000).toString('hex') // gzip halves it
  const event = eventText({ properties: { a: noise } })
  const [below, above] = [
    batch('the-key', `${event},${event}`),
    batch('the-key', `${event},${event},${event}`),
  ]
  assert.deepEqual([below.length > 400_000, above.length < 1_024 ** 2], [true, true])
  assert.equal((await ingest.post(gzipSync(below), GZIP)).body.accepted, 2)
  const refused = await ingest.post(gzipSync(above), GZIP)
  assert.deepEqual([refused.status, refused.body.code], [413, 'body_too_large'])
  assert.match(refused.body.message, /at most 524288 bytes after gzip/)
  assert.equal((await ingest.post(above, SDK)).body.accepted, 3)
  const headers = { ...IN_HEADER, ...GZIP.headers }
  assert.equal((await ingest.post(gzipSync(above), { ...SDK, headers })).body.accepted, 3)
})

test('brotli is for those whose key is in the head: a few bytes of it take a decoder megabytes', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const sent = brotliCompressSync(batch('the-key'))
  const headers = { 'content-encoding': 'br' }
  const answer = await ingest.post(sent, { ...SDK, headers })
  assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_encoding'])
  assert.equal(answer.headers.get('accept-encoding'), 'gzip, deflate')
  const known = await ingest.post(sent, { ...SDK, headers: { ...headers, ...IN_HEADER } })
  assert.equal(known.status, 200)
})

test('a long body without its key in the head is refused before it is asked for', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const head = 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n'
  const answer = await raw(ingest.port, `${head}Expect: 100-continue\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 413 /)
})

test('lines have no key beside them: without one in the head they are 401 before they are sent', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const head = 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n'
  const answer = await exchange(ingest.port, `${head}Content-Length: 100000\r\n\r\n{`)
  assert.match(answer.text, /^HTTP\/1\.1 401 /)
})

test('an event that is not read for its many keys is rejected, not a missing key', async () => {
  await using ingest = await startTestIngest({ keys: countedKeys() })
  const members = Array.from({ length: 4_000 }, (_, n) => `"k${n}":0`).join()
  const one = { ...SDK, path: '/v1/track' }
  const answer = await ingest.post(`{${members},"writeKey":"the-key"}`, one)
  assert.deepEqual([answer.status, answer.body.code], [400, 'validation_failed'])
  assert.equal(answer.body.results[0].errors[0].code, 'too_many_properties')
  assert.equal((await ingest.post(`{${members},"writeKey":"another"}`, one)).status, 401)
  assert.equal((await ingest.post(`{${members}}`, one)).status, 401)
})

test('however many half bodies of strangers are held, those whose key is known have room', async () => {
  const maxInFlightBytes = 400_000
  await using ingest = await startTestIngest({ keys: countedKeys(), limits: { maxInFlightBytes } })
  const head = 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n'
  const sockets = Array.from({ length: 20 }, () =>
    connect(ingest.port, '127.0.0.1').on('error', () => {}),
  )
  let refused = ''
  for (const socket of sockets) {
    socket.on('data', (text) => (refused += String(text)))
    socket.write(head + ' '.repeat(40_000))
  }
  await eventually(() => assert.ok(refused.split('"backpressure"').length > 16))
  assert.ok(ingest.budget.usedBytes <= maxInFlightBytes / 4, `${ingest.budget.usedBytes} bytes`)
  const known = await ingest.post(`[${EVENT}]`, { ...SDK, headers: IN_HEADER })
  assert.equal(known.status, 200)
  for (const socket of sockets) socket.destroy()
  await eventually(() => assert.equal(ingest.budget.usedBytes, 0))
  assert.equal((await ingest.post(batch('the-key'), SDK)).status, 200)
})
