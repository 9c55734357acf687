import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createBodies, type BodyEncoding } from '../../chaos/drills/bodies.ts'
import type { Connections, Reply } from '../../chaos/drills/connections.ts'
import { createLoad } from '../../chaos/drills/load.ts'

/** Answers at once, each request as `statusOf` says of how many came before it. */
function createAnswering(statusOf: (number: number) => number) {
  const sent: { readonly bytes: Buffer; readonly encoding: BodyEncoding }[] = []
  const connections: Connections = {
    post: (_path, bytes, encoding = 'identity') => {
      const status = statusOf(sent.length)
      sent.push({ bytes, encoding })
      const body = status === 200 ? '{"accepted":2,"x":0}' : '{"code":"overloaded"}'
      const reply: Reply = { status, body, ms: 1, isLast: false, retryAfter: null }
      return Promise.resolve(reply)
    },
    busy: 0,
    warm: () => Promise.resolve(),
    close: () => {},
  }
  return { connections, sent }
}

const OFFER = { requestsPerSecond: 1_000, seconds: 0.05, groupId: () => 'a' }

test('what is refused is sent again, the same bytes, until it is accepted', async () => {
  const { connections, sent } = createAnswering((number) => (number % 5 === 4 ? 200 : 503))
  const load = createLoad(connections, createBodies('run', 2, 'gzip'))
  const { samples } = await load.offer({ ...OFFER, isRepeated: true })
  assert.equal(samples.length, 50)
  assert.equal(load.accepted.size, 10)
  const requests = Map.groupBy(samples, ({ request }) => request)
  for (const [request, tries] of requests) {
    const statuses = tries.map(({ status }) => status)
    assert.deepEqual(statuses.slice(0, -1), statuses.slice(0, -1).fill(503), `request ${request}`)
  }
  const texts = new Set(sent.map(({ bytes }) => gunzipSync(bytes).toString()))
  assert.equal(texts.size, requests.size)
  assert.ok(requests.size < samples.length)
  assert.ok(sent.every(({ encoding }) => encoding === 'gzip'))
})

test('unless it is told to, nothing is sent again', async () => {
  const { connections } = createAnswering(() => 503)
  const load = createLoad(connections, createBodies('run', 2))
  const { samples } = await load.offer(OFFER)
  assert.equal(new Set(samples.map(({ request }) => request)).size, 50)
})
