import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventText, startTestIngest } from '../testing/test-support.ts'
import { raw, rawPost } from '../testing/raw.ts'
import { eventually } from '../../../../test/support/eventually.ts'

/** What no HTTP library sends, byte by byte. */

const EVENT = eventText()
const sized = (body: string) =>
  `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n`

test('a body that announces too much is refused at once, before any of it is sent', async () => {
  await using ingest = await startTestIngest()
  const started = performance.now()
  const answer = await raw(ingest.port, rawPost('Content-Length: 10737418240\r\n', ''))
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.ok(performance.now() - started < 2_000)
})

test('an endless body is cut off at the limit', async () => {
  await using ingest = await startTestIngest({ limits: { maxBodyBytes: 10_000 } })
  const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n`
  const answer = await raw(ingest.port, rawPost('Transfer-Encoding: chunked\r\n', chunk.repeat(20)))
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /body_too_large/)
})

test('a body that stalls is 408 at the time-out, and nothing of it is kept', async () => {
  await using ingest = await startTestIngest({ limits: { bodyTimeoutMs: 100 } })
  const answer = await raw(ingest.port, rawPost('Content-Length: 100000\r\n', EVENT))
  assert.match(answer, /^HTTP\/1\.1 408 /)
  assert.match(answer, /body_timeout/)
  assert.equal(ingest.producer.records.length, 0)
})

test('what is no HTTP is answered once, in our shape, and the connection is closed', async () => {
  await using ingest = await startTestIngest()
  const table = [
    'nonsense\r\n\r\n',
    'GET /track HTTP/9.9\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01',
    rawPost('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    rawPost('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello'),
    rawPost('Content-Length: -1\r\n', ''),
    rawPost('Transfer-Encoding: xchunked\r\n', ''),
    rawPost('X : 1\r\n', ''),
    rawPost(`X: 1\r\n folded\r\n${sized('{}')}`, '{}'),
    rawPost(`X: a\u0000b\r\n${sized('{}')}`, '{}'),
    rawPost('Content-Length: +2\r\n', '{}'),
    rawPost('Content-Length: 99999999999999999999\r\n', '{}'),
    rawPost('Content-Length: 0x2\r\n', '{}'),
    rawPost('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    rawPost('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n'),
    rawPost(sized('{}'), '{}').replaceAll('\r\n', '\n'),
    'BREW /track HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /tr\u0000ack HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST  HTTP/1.1\r\nHost: x\r\n\r\n',
    '\u0000'.repeat(100),
    '\xff\xfe\xfd'.repeat(10),
    rawPost('Transfer-Encoding: chunked\r\n', 'zz\r\n'),
    'POST /track HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
    rawPost(`Host: y\r\n${sized('{}')}`, '{}'),
  ]
  for (const bytes of table) {
    const answer = await raw(ingest.port, bytes)
    assert.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(bytes))
    assert.match(answer, /"code":"bad_request"/, JSON.stringify(bytes))
    assert.equal(answer.split('HTTP/1.1').length, 2, 'one answer only')
  }
  assert.equal(ingest.producer.records.length, 0)
})

test('a good request before garbage is answered first', async () => {
  await using ingest = await startTestIngest()
  const length = `Content-Length: ${Buffer.byteLength(EVENT)}\r\n`
  const answer = await raw(ingest.port, `${rawPost(length, EVENT)}garbage\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 200 .*HTTP\/1\.1 400 .*"bad_request"/s)
})

test('pipelined requests are answered in order', async () => {
  await using ingest = await startTestIngest()
  const requests = [1, 2, 3, 4, 5].map((n) => {
    const last = n === 5 ? 'Connection: close\r\n' : ''
    return rawPost(`X-Request-Id: r${n}\r\nContent-Length: ${EVENT.length}\r\n${last}`, EVENT)
  })
  const answer = await raw(ingest.port, requests.join(''))
  const ids = [...answer.matchAll(/X-Request-Id: (r\d)/g)].map(([, id]) => id)
  assert.deepEqual(ids, ['r1', 'r2', 'r3', 'r4', 'r5'])
})

test('Expect: 100-continue is met, unless the body would be refused; other expectations are 417', async () => {
  await using ingest = await startTestIngest()
  const fine = await raw(ingest.port, rawPost(`Expect: 100-continue\r\n${sized(EVENT)}`, EVENT))
  assert.match(fine, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  const large = rawPost('Expect: 100-continue\r\nContent-Length: 99999999\r\n', '')
  assert.match(await raw(ingest.port, large), /^HTTP\/1\.1 413 /)
  const bogus = await raw(ingest.port, rawPost(`Expect: the best\r\n${sized(EVENT)}`, EVENT))
  assert.match(bogus, /^HTTP\/1\.1 417 .*"expectation_failed"/s)
})

test('an upgrade to something else is answered, not hung', async () => {
  await using ingest = await startTestIngest()
  const headers = `Upgrade: websocket\r\nConnection: Upgrade, close\r\nContent-Length: ${EVENT.length}\r\n`
  assert.match(await raw(ingest.port, rawPost(headers, EVENT)), /^HTTP\/1\.1 200 /)
})

test('a client that has ended its side still gets every answer, then the connection is closed', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null // longer than the client's last bytes are on their way
  const request = rawPost(`Content-Length: ${EVENT.length}\r\n`, EVENT)
  const answers = raw(ingest.port, request + request, { end: true })
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  assert.equal((await ingest.post(EVENT, { path: '/v1/validate' })).status, 200)
  ingest.producer.outcome = outcome
  assert.match(await answers, /^HTTP\/1\.1 200 .*"accepted".*HTTP\/1\.1 200 .*"accepted"/s)
  assert.equal(await raw(ingest.port, '', { end: true }), '', 'there is nothing to answer')
  assert.match(await raw(ingest.port, request.slice(0, -5), { end: true }), /^HTTP\/1\.1 400 /)
  assert.equal(ingest.events().length, 2)
})

test('a client that leaves while sending costs nothing', async () => {
  await using ingest = await startTestIngest()
  await raw(ingest.port, rawPost('Content-Length: 100000\r\n', EVENT), { end: true })
  assert.equal((await ingest.post(EVENT)).status, 200)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('whatever follows a refused or ambiguous request on its connection is never taken for a request', async () => {
  await using ingest = await startTestIngest()
  const smuggled = rawPost(sized(EVENT), EVENT)
  const table = [
    rawPost(`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${smuggled}`),
    rawPost('Content-Length: 0\r\nContent-Length: 5\r\n', smuggled),
    rawPost('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`),
    rawPost('Transfer-Encoding: chunked\r\n', `zz\r\n${smuggled}`),
    rawPost('Content-Length : 0\r\n', smuggled),
    rawPost('Content-Length: 10737418240\r\n', smuggled),
    'POST /track HTTP/9.9\r\nHost: x\r\n\r\n' + smuggled,
  ]
  for (const bytes of table) {
    const answer = await raw(ingest.port, bytes)
    assert.equal(answer.split('HTTP/1.1 ').length, 2, `${JSON.stringify(bytes)}: ${answer}`)
    assert.match(answer, /^HTTP\/1\.1 4\d\d /)
  }
  assert.equal(ingest.producer.records.length, 0)
})

test('a body shorter than what follows is answered, and the rest is refused', async () => {
  await using ingest = await startTestIngest()
  const answer = await raw(
    ingest.port,
    rawPost(`Content-Length: ${EVENT.length}\r\n`, `${EVENT}{"more":1}`),
  )
  assert.match(answer, /^HTTP\/1\.1 200 .*HTTP\/1\.1 400 .*"bad_request"/s)
  assert.equal(ingest.events().length, 1)
})

test('methods that are known but not allowed are 405 with Allow, TRACE among them', async () => {
  await using ingest = await startTestIngest()
  for (const method of ['GET', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'PROPFIND']) {
    const request = `${method} /track HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    assert.match(await raw(ingest.port, request), /^HTTP\/1\.1 405 .*Allow: POST, OPTIONS/s, method)
  }
})

test('CONNECT is answered 405 and closed, and what follows is never taken for a request', async () => {
  await using ingest = await startTestIngest()
  const connect = 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n'
  const answer = await raw(ingest.port, connect + rawPost(sized(EVENT), EVENT))
  assert.match(answer, /^HTTP\/1\.1 405 .*Allow: .*"code":"method_not_allowed"/s)
  assert.equal(answer.split('HTTP/1.1 ').length, 2)
  assert.equal(ingest.producer.records.length, 0)
})

test('a path is not resolved: /a/../track is another path', async () => {
  await using ingest = await startTestIngest()
  for (const path of ['/a/../track', '/./track', '/track/.', '/track%00', 'http://x/track/']) {
    const request = `POST ${path} HTTP/1.1\r\nHost: x\r\n${sized(EVENT)}\r\n${EVENT}`
    assert.match(await raw(ingest.port, request), /^HTTP\/1\.1 404 /, path)
  }
  assert.equal(ingest.producer.records.length, 0)
})
