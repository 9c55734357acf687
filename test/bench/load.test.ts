import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { SINGLE } from '../../bench/bodies.ts'
import { loadClosedLoop, loadOpenLoop } from '../../bench/load.ts'

const STALL_MS = 700
const LOAD = { shape: SINGLE, connections: 4, seconds: 1, isOnAllCores: true }

test('a server that stands still is seen by every request that was due meanwhile', async () => {
  let answered = 0
  await using server = await serve((request, response) => {
    request.resume().once('end', () => {
      answered += 1
      if (answered === 30) blockFor(STALL_MS)
      response.setHeader('content-length', 14).end('{"accepted":1}')
    })
  })
  const seen = await loadOpenLoop({ ...LOAD, url: server.url, requestsPerSecond: 300 })
  assert.equal(seen.notOk, 0)
  assert.ok(seen.maxMs >= STALL_MS, `max ${seen.maxMs} ms`)
  // Most of the second was lost; measured from its sending, only one request would have been slow.
  assert.ok(seen.p50Ms > 100, `p50 ${seen.p50Ms} ms`)
})

test('an answer that is not 200, or counts other events than were sent, is no accepted event', async () => {
  for (const [status, body] of [
    [503, '{"accepted":1}'],
    [200, '{"accepted":0}'],
  ] as const) {
    await using server = await serve((request, response) => {
      request.resume().once('end', () => {
        response.writeHead(status, { 'content-length': body.length }).end(body)
      })
    })
    const closed = await loadClosedLoop({ ...LOAD, url: server.url })
    assert.equal(closed.accepted, 0)
    assert.ok(closed.notOk > 0)
    const open = await loadOpenLoop({ ...LOAD, url: server.url, requestsPerSecond: 50 })
    assert.equal(open.accepted, 0)
    assert.ok(open.notOk > 0)
  }
})

async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return {
    url: `http://127.0.0.1:${address.port}/track`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function blockFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}
