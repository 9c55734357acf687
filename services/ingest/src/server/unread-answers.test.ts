import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { rawPost } from '../testing/raw.ts'
import { countOf, startTestIngest } from '../testing/test-support.ts'

/** An answer of 1.5 MB. */
const LARGE = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'
const SMALL = 'GET /track HTTP/1.1\r\nHost: x\r\n\r\n'

/** A client that writes, and its connection as the server sees it. */
async function connectTo(port: number): Promise<{ client: Socket; served: Socket }> {
  const accepted: Socket[] = []
  const note = (message: unknown): void => {
    accepted.push((message as { socket: Socket }).socket)
  }
  subscribe('net.server.socket', note)
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {}) // cut off on purpose
  await once(client, 'connect')
  const served = await eventually(() => {
    const [socket] = accepted
    assert.ok(socket !== undefined)
    return socket
  })
  unsubscribe('net.server.socket', note)
  return { client, served }
}

test('who does not read its answers is cut off; who waits to ask again is not', async () => {
  await using ingest = await startTestIngest({ serverLimits: { silenceTimeoutMs: 300 } })
  const waiting = await connectTo(ingest.port)
  waiting.client.write(SMALL)
  await once(waiting.client, 'data')
  const deaf = await connectTo(ingest.port)
  deaf.client.write(LARGE.repeat(20)) // more than the kernel keeps for a reader
  await eventually(() => assert.equal(deaf.served.destroyed, true), { withinMs: 5_000 })
  assert.equal(waiting.served.destroyed, false)
  waiting.client.write(SMALL)
  const [answer] = await once(waiting.client, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 405 /)
  for (const { client } of [waiting, deaf]) client.destroy()
})

test('hundreds of requests that wait behind an answer that nobody reads are not kept', async () => {
  await using ingest = await startTestIngest()
  const { client, served } = await connectTo(ingest.port)
  client.write(LARGE.repeat(1_000))
  await eventually(() => assert.equal(served.destroyed, true), { withinMs: 5_000 })
  client.destroy()
})

test('a hundred requests behind one another are all answered', async () => {
  await using ingest = await startTestIngest()
  const { client } = await connectTo(ingest.port)
  let text = ''
  client.on('data', (chunk) => (text += String(chunk)))
  client.write(SMALL.repeat(100))
  await eventually(() => assert.equal(text.split('HTTP/1.1 405 ').length - 1, 100))
  client.destroy()
})

/** A body of half a megabyte, whose answer has some 14: each event is rejected for twenty numbers. */
const REJECTED = `[${Array(2_500)
  .fill(`{"properties":{${Array.from({ length: 20 }, (_, n) => `"p${n}":1e999`).join()}}}`)
  .join()}]`
const MANY_ERRORS = rawPost(`Content-Length: ${REJECTED.length}\r\n`, REJECTED)
const MAX_UNREAD_BYTES = 40_000_000

test('large answers that nobody reads have a bound together: the oldest are cut first', async () => {
  await using ingest = await startTestIngest({ maxUnreadBytes: MAX_UNREAD_BYTES })
  const deaf: Awaited<ReturnType<typeof connectTo>>[] = []
  for (let answered = 1; answered <= 5; answered += 1) {
    const each = await connectTo(ingest.port)
    deaf.push(each)
    each.client.write(MANY_ERRORS)
    await eventually(async () =>
      assert.equal(await countOf(ingest.metrics.rejected), 2_500 * answered),
    )
  }
  await eventually(() =>
    assert.deepEqual(
      deaf.map(({ served }) => served.destroyed),
      [true, true, true, false, false],
    ),
  )
  assert.equal(await countOf(ingest.metrics.unreadAnswersCut), 3)
  for (const { client } of deaf) client.destroy()
})

test('who reads its large answers is never cut for them', async () => {
  await using ingest = await startTestIngest({ maxUnreadBytes: MAX_UNREAD_BYTES })
  for (let turn = 0; turn < 6; turn += 1) {
    const { status, body } = await ingest.post(REJECTED, { path: '/track?results=all' })
    assert.deepEqual([status, body.rejected, body.results.length], [400, 2_500, 2_500])
  }
  assert.equal(await countOf(ingest.metrics.unreadAnswersCut), 0)
})
