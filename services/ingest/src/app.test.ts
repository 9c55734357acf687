import assert from 'node:assert/strict'
import { test } from 'node:test'
import express from 'express'
import { createMessages } from './http/messages.ts'
import { raw } from './testing/raw.ts'
import { BAD_EVENT, eventText, startTestIngest } from './testing/test-support.ts'

/** Without what differs from answer to answer. */
function comparable(answer: string): string {
  return answer.replaceAll(
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|Date: .*|"received_at":"[^"]*"/g,
    '…',
  )
}

test('a path that is found before Express is asked is answered as Express would have it answered', async () => {
  await using ingest = await startTestIngest({ allowedOrigins: new Set(['https://a.example']) })
  const event = eventText()
  const table: readonly (readonly [headers: string, body: string, status: number])[] = [
    ['', event, 200],
    ['', BAD_EVENT, 400],
    ['', '{', 400],
    ['X-Request-Id: mine\r\n', event, 200],
    ['X-Request-Id: not mine!\r\n', event, 200],
    ['Origin: https://a.example\r\n', event, 200],
    ['Origin: https://b.example\r\n', BAD_EVENT, 400],
    ['Host: y\r\n', event, 400],
    ['Expect: nothing\r\n', event, 417],
    ['X: y\r\n'.repeat(70), event, 431],
    ['Content-Encoding: zip\r\n', event, 415],
    ['Prefer: handling=strict\r\n', `[${event},${BAD_EVENT}]`, 400],
  ]
  for (const [headers, body, status] of table) {
    for (const path of ['/track', '/track?results=none', '/v1/batch', '/v1/page', '/v1/validate']) {
      const request = (target: string): string =>
        `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}` +
        `Content-Length: ${body.length}\r\n\r\n${body}`
      const direct = await raw(ingest.port, request(path))
      // The absolute form of a URL (RFC 9112, 3.2.2) is the same path, and only Express knows that.
      const routed = await raw(ingest.port, request(`http://x${path}`))
      assert.equal(comparable(direct), comparable(routed))
      if (path === '/track') assert.equal(Number(direct.split(' ', 2)[1]), status)
    }
  }
})

test('requests and responses already have the prototypes that Express sets', () => {
  const app = express()
  const { IncomingMessage, ServerResponse } = createMessages(app, () => {})
  assert.equal(IncomingMessage.prototype, app.request)
  assert.equal(ServerResponse.prototype, app.response)
})
