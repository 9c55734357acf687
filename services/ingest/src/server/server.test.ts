import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { exchange, raw, rawPost } from '../testing/raw.ts'
import { SERVER_LIMITS } from './server.ts'
import { INGEST_LIMITS } from '../limits.ts'
import { eventText, startTestIngest, type TestIngest } from '../testing/test-support.ts'

/** Each limit of the server through a socket; times are shortened, the code is the same. */

const EVENT = eventText()
const keepingAlive = rawPost(`Content-Length: ${EVENT.length}\r\n`, EVENT)
const closing = rawPost(`Connection: close\r\nContent-Length: ${EVENT.length}\r\n`, EVENT)

test('the limits in use are those that are promised', () => {
  assert.deepEqual(
    [SERVER_LIMITS.maxHeaderBytes, SERVER_LIMITS.headersTimeoutMs, SERVER_LIMITS.requestTimeoutMs],
    [16_384, 10_000, 15_000],
  )
  assert.equal(SERVER_LIMITS.maxConnections, 5_000)
  assert.equal(INGEST_LIMITS.maxHeaders, 60)
})

test('headers of 16 KiB and more are 431', async () => {
  await using ingest = await startTestIngest()
  const answer = await raw(ingest.port, rawPost(`X: ${'x'.repeat(17_000)}\r\n`, ''))
  assert.match(answer, /^HTTP\/1\.1 431 .*"headers_too_large"/s)
})

test('of many headers none is dropped silently: 60 are taken, 61, 200 and 2,000 are 431', async () => {
  await using ingest = await startTestIngest()
  const withHeaders = (count: number): string => {
    const lines = Array.from({ length: count - 3 }, (_, n) => `h${n}: 1\r\n`).join('')
    return rawPost(`${lines}Connection: close\r\nContent-Length: ${EVENT.length}\r\n`, EVENT)
  }
  assert.match(await raw(ingest.port, withHeaders(60)), /^HTTP\/1\.1 200 /)
  for (const count of [61, 200, 1_500]) {
    assert.match(await raw(ingest.port, withHeaders(count)), /^HTTP\/1\.1 431 /, String(count))
  }
  assert.equal(ingest.events().length, 1)
})

test('who connects and says nothing, or sends headers byte by byte, is 408 and closed', async () => {
  const serverLimits = { headersTimeoutMs: 300, requestTimeoutMs: 600 }
  await using ingest = await startTestIngest({ serverLimits })
  const silent = exchange(ingest.port, '')
  const slow = dripping(ingest.port, closing)
  assert.match((await silent).text, /^HTTP\/1\.1 408 .*"body_timeout"/s)
  assert.match(await slow, /^HTTP\/1\.1 408 /)
  assert.equal(ingest.producer.records.length, 0)
})

test('a body that comes byte by byte is 408 at the limit of the whole request', async () => {
  await using ingest = await startTestIngest({
    serverLimits: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
  })
  const head = closing.slice(0, closing.indexOf('\r\n\r\n') + 4)
  assert.match(await dripping(ingest.port, closing, head.length), /^HTTP\/1\.1 408 /)
  assert.equal(ingest.producer.records.length, 0)
  await eventually(() => assert.equal(ingest.budget.usedBytes, 0, 'its bytes are given back'))
})

/** Sends `whole` in bytes, 20 ms apart, from the first `atOnce` on; what came back until it was closed. */
async function dripping(port: number, whole: string, atOnce = 1): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  let sent = atOnce
  socket.on('data', (text: string) => (answer += text)).on('error', () => {})
  socket.write(whole.slice(0, atOnce))
  const drip = setInterval(() => socket.write(whole.charAt(sent++)), 20)
  await once(socket, 'close')
  clearInterval(drip)
  return answer
}

test('an idle connection is closed after the keep-alive time, and told so before', async () => {
  await using ingest = await startTestIngest({ serverLimits: { keepAliveTimeoutMs: 1_000 } })
  const { text, ms } = await exchange(ingest.port, keepingAlive)
  assert.match(text, /^HTTP\/1\.1 200 .*Keep-Alive: timeout=1/s)
  assert.equal(text.split('HTTP/1.1 ').length, 2)
  assert.ok(ms >= 1_000)
})

test('a connection is closed after its last allowed request, and told so', async () => {
  await using ingest = await startTestIngest({ serverLimits: { maxRequestsPerConnection: 2 } })
  const answer = await raw(ingest.port, keepingAlive.repeat(2))
  const [, first = '', second = ''] = answer.split('HTTP/1.1 ')
  assert.match(first, /Connection: keep-alive/)
  assert.match(second, /Connection: close/)
  assert.equal(ingest.events().length, 2)
})

const half = rawPost('Content-Length: 1000\r\n', '{')

/** Connections that were opened one after another, each once the server knows of the one before. */
async function openInTurn(
  { port }: TestIngest,
  texts: readonly string[],
): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  for (const text of texts) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    if (text !== '') socket.write(text)
    if (text === keepingAlive) await once(socket, 'data')
    sockets.push(socket)
  }
  return sockets
}

test('at the connection limit the one that was idle for the longest time is closed for a new one', async () => {
  await using ingest = await startTestIngest({ serverLimits: { maxConnections: 3 } })
  const [first, second, third] = await openInTurn(ingest, ['', keepingAlive, keepingAlive])
  assert.match(await raw(ingest.port, closing), /^HTTP\/1\.1 200 /)
  await eventually(() => assert.equal(first?.closed, true))
  third?.write(keepingAlive)
  await openInTurn(ingest, [keepingAlive, keepingAlive])
  await eventually(() =>
    assert.equal(second?.closed, true, 'the one that has asked for longest ago'),
  )
  assert.equal(third?.closed, false)
  assert.equal(await closedForRoom(ingest, 'idle'), 2)
  third?.destroy()
})

test('half bodies lock nobody out: the one that has been sending for the longest time is closed', async () => {
  await using ingest = await startTestIngest({ serverLimits: { maxConnections: 3 } })
  const sockets = await openInTurn(ingest, [half, half, half])
  await eventually(() => assert.ok(ingest.budget.usedBytes > 3 * 4_096))
  assert.match(await raw(ingest.port, closing), /^HTTP\/1\.1 200 /)
  await eventually(() => assert.equal(sockets[0]?.closed, true))
  assert.deepEqual(
    sockets.map(({ closed }) => closed),
    [true, false, false],
  )
  for (const socket of sockets) socket.destroy()
})

test('who waits for an answer is never closed for a new one, which is closed instead', async () => {
  await using ingest = await startTestIngest({ serverLimits: { maxConnections: 3 } })
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const answers = [1, 2, 3].map(() => raw(ingest.port, closing))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 3))
  assert.equal(await raw(ingest.port, closing).catch(() => ''), '')
  assert.equal(await closedForRoom(ingest, 'new'), 1)
  ingest.producer.outcome = outcome
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(await raw(ingest.port, closing), /^HTTP\/1\.1 200 /)
  assert.equal(ingest.events().length, 4)
})

async function closedForRoom({ metrics }: TestIngest, which: string): Promise<number> {
  const { values } = await metrics.closedForRoom.get()
  return values.find(({ labels }) => labels['which'] === which)?.value ?? 0
}
