import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createBodies } from '../../chaos/drills/bodies.ts'
import { createConnections, CUT, NO_CONNECTION, readReply } from '../../chaos/drills/connections.ts'

const ANSWER =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 12\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody'

test('an answer is read when it is whole, however it is cut', () => {
  const bytes = Buffer.from(ANSWER)
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(readReply(bytes.subarray(0, end)), null, String(end))
  }
  const expected = { status: 503, isLast: true, retryAfter: 12, body: 'body' }
  assert.deepEqual(readReply(bytes), expected)
})

async function serve(onSocket: (socket: Socket) => void) {
  const server = createServer(onSocket).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, url: `http://127.0.0.1:${address.port}` }
}

test('a connection that is cut with a request on it is told apart from one that was refused', async () => {
  const { server, url } = await serve((socket) => socket.once('data', () => socket.destroy()))
  const connections = createConnections(url, 2)
  const cut = await connections.post('/track', Buffer.from('{}'))
  assert.equal(cut?.status, CUT)
  server.close()
  await once(server, 'close')
  const refused = await connections.post('/track', Buffer.from('{}'))
  assert.equal(refused?.status, NO_CONNECTION)
  connections.close()
})

test('no request is sent when every connection is busy', async () => {
  const { server, url } = await serve((socket) => socket.resume())
  const connections = createConnections(url, 1)
  const first = connections.post('/track', Buffer.from('{}'))
  assert.notEqual(first, null)
  assert.equal(connections.post('/track', Buffer.from('{}')), null)
  assert.equal(connections.busy, 1)
  connections.close()
  assert.equal((await first)?.status, NO_CONNECTION)
  server.close()
})

test('every event of every request has an id of its own', () => {
  const bodies = createBodies('run', 3)
  const ids = [0, 7, 1_234_567].flatMap((request) => {
    const events: { event_id: string }[] = JSON.parse(bodies.make(request, 'a').toString())
    return events.map(({ event_id: id }) => id)
  })
  assert.equal(new Set(ids).size, 9)
  assert.ok(ids.includes('run.0001234567.2'))
})
