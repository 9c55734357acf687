import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { createAcceptedHeads } from './accepted-head.ts'
import { raw, rawPost } from '../testing/raw.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'

const HEAD =
  'HTTP/1.1 200 OK\r\nX-Request-Id: a\r\nVary: Origin\r\nX-Track-Accepted: 1\r\n' +
  'Content-Length: 5\r\nDate: now\r\n\r\n'

test('the head of a usual answer is the one that Node writes, but for the id, the count and the length', async () => {
  await using ingest = await startTestIngest()
  const one = eventText()
  const bodies = [one, `[${one},${one}]`, one, `[${Array(12).fill(one).join(',')}]`, one]
  const requests = (headers: string): string =>
    bodies
      .map((body, at) =>
        rawPost(`X-Request-Id: id-${at}\r\n${headers}Content-Length: ${body.length}\r\n`, body),
      )
      .join('')
  const last = (headers: string): string =>
    rawPost(`Connection: close\r\n${headers}Content-Length: ${one.length}\r\n`, one)

  // An origin that may read the answer: those heads are Node's own.
  const plain = await raw(ingest.port, requests('Origin: https://a.example\r\n') + last(''))
  const made = await raw(ingest.port, requests('') + last(''))

  assert.equal(comparable(made), comparable(plain))
  assert.equal(plain.match(/Access-Control-Allow-Origin: /g)?.length, bodies.length)
  assert.doesNotMatch(made, /Access-Control/)
  for (const [at, count] of [1, 2, 1, 12, 1].entries()) {
    assert.ok(made.includes(`X-Request-Id: id-${at}\r\n`))
    assert.ok(
      made.split(`X-Request-Id: id-${at}\r\n`)[1]?.includes(`X-Track-Accepted: ${count}\r\n`),
    )
  }
  assert.match(made, /Keep-Alive: timeout=65\r\n/)
})

/** Without what differs from answer to answer, and what is for the pages of other origins. */
function comparable(answers: string): string {
  return answers
    .replaceAll(/Date: .*|"received_at":"[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')
    .replaceAll(/Access-Control-.*\r\n/g, '')
}

test('a head is made of the one that Node wrote in the same second, never of an older one', () => {
  let now = 5_000
  const heads = createAcceptedHeads(() => now)
  const parts = { requestId: 'b', accepted: 20, bytes: 77 }
  assert.equal(heads.make(parts), null)
  heads.learn(HEAD)
  const expected = HEAD.replace('Id: a', 'Id: b')
    .replace('ed: 1', 'ed: 20')
    .replace('h: 5', 'h: 77')
  assert.equal(heads.make(parts), expected)
  now = 5_999
  assert.equal(heads.make(parts), expected)
  now = 6_000
  assert.equal(heads.make(parts), null)
})

test('what a limit leaves to a client is told with each answer', async () => {
  const rule = { eventsPerSecond: 1, burstEvents: 100_000 }
  await using ingest = await startTestIngest({ rateLimits: { key: rule, account: null } })
  const body = eventText()
  const left: (string | null)[] = []
  for (let count = 0; count < 3; count += 1) {
    left.push((await ingest.post(body)).headers.get('ratelimit')?.split(';')[1] ?? null)
  }
  assert.deepEqual(left, ['r=99999', 'r=99998', 'r=99997'])
})

test('what was taken before a drain is answered with the end of its connection', async () => {
  await using ingest = await startTestIngest()
  const body = eventText()
  await ingest.post(body) // the head of this second is known
  const acknowledge = ingest.producer.outcome
  ingest.producer.outcome = null
  const answer = raw(ingest.port, rawPost(`Content-Length: ${body.length}\r\n`, body))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  const drained = ingest[Symbol.asyncDispose]()
  ingest.producer.outcome = acknowledge
  assert.match(await answer, /Connection: close\r\n/)
  await drained
})

test('a client that ends its connection, speaks HTTP/1.0 or is a page of another origin is told so', async () => {
  await using ingest = await startTestIngest()
  const body = eventText()
  const length = `Content-Length: ${body.length}\r\n`
  await ingest.post(body) // the head of this second is known
  assert.match(await raw(ingest.port, rawPost(`Connection: close\r\n${length}`, body)), /close\r\n/)
  const old = `POST /track HTTP/1.0\r\nHost: x\r\n${length}\r\n${body}`
  assert.match(await raw(ingest.port, old), /Connection: close\r\n/)
  const origin = `Origin: https://a.example\r\nConnection: close\r\n`
  const answer = await raw(ingest.port, rawPost(origin + length, body))
  assert.match(answer, /Access-Control-Allow-Origin: https:\/\/a.example\r\n/)
})
