import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { raw, rawPost } from '../testing/raw.ts'
import { eventText, startTestIngest, type TestIngest } from '../testing/test-support.ts'

function requestOf(body: string, id = ''): string {
  return rawPost(`Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${id}\r\n`, body)
}

async function receivedEvents({ metrics }: TestIngest): Promise<number> {
  return (await metrics.received.get()).values[0]?.value ?? 0
}

test('requests behind one another are judged one by one, and answered in their order', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const client = connect(ingest.port, '127.0.0.1')
  let text = ''
  client.on('data', (chunk) => (text += String(chunk)))
  const ids = Array.from({ length: 300 }, (_, n) => `r${n}`)
  client.write(
    ids
      .slice(0, 60)
      .map((id) => requestOf(eventText(), id))
      .join(''),
  )
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  for (let turn = 0; turn < 50; turn += 1) await nextTurn()
  assert.equal(ingest.producer.waitingCalls, 1)
  assert.equal(await receivedEvents(ingest), 1, 'no other is judged before that is answered')
  ingest.producer.outcome = outcome
  for (let at = 60; at < ids.length; at += 60) {
    await eventually(() => assert.ok(text.includes(`X-Request-Id: r${at - 1}\r\n`)))
    client.write(
      ids
        .slice(at, at + 60)
        .map((id) => requestOf(eventText(), id))
        .join(''),
    )
  }
  await eventually(() => assert.ok(text.includes('X-Request-Id: r299\r\n')))
  const answered = [...text.matchAll(/X-Request-Id: (r\d+)/g)].map(([, id]) => id)
  assert.deepEqual(answered, ids)
  assert.equal(ingest.events().length, 300)
  client.destroy()
})

test('who reads no answers has no more requests judged than the system keeps answers of', async () => {
  await using ingest = await startTestIngest()
  const events = Array.from({ length: 500 }, () => '{"event":""}').join()
  const request = requestOf(`{"batch":[${events}]}`).replace('/track', '/track?results=all')
  const client = connect(ingest.port, '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'connect')
  for (let n = 0; n < 400; n += 1) client.write(request) // their answers are some 100 MB
  let before = -1
  await eventually(async () => {
    const now = await receivedEvents(ingest)
    const isStill = now === before
    before = now
    assert.ok(now > 0 && isStill)
  })
  assert.ok(before < 200 * 500, `${before} of ${400 * 500} events judged`)
  assert.equal((await ingest.post(eventText())).status, 200)
  assert.ok(ingest.budget.usedBytes < 1_024 ** 2, `${ingest.budget.usedBytes} bytes held`)
  client.destroy()
})

test('a request that waits behind another is let go of with its connection', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const client = connect(ingest.port, '127.0.0.1')
  client.write(requestOf(eventText()).repeat(5))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  client.resetAndDestroy()
  for (let turn = 0; turn < 50; turn += 1) await nextTurn()
  ingest.producer.outcome = outcome
  await eventually(() => assert.equal(ingest.budget.usedBytes, 0))
  for (let turn = 0; turn < 50; turn += 1) await nextTurn()
  assert.equal(await receivedEvents(ingest), 1)
})

test('while requests wait, no more of their connection is read than was under way', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const served = new Set<Socket>()
  const note = (message: unknown): void => void served.add((message as { socket: Socket }).socket)
  subscribe('net.server.socket', note)
  const client = connect(ingest.port, '127.0.0.1')
  await once(client, 'connect')
  const event = eventText({ properties: { pad: 'x'.repeat(50_000) } })
  let text = ''
  client.on('data', (chunk) => (text += String(chunk)))
  client.write(requestOf(eventText()))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  for (let n = 0; n < 80; n += 1) client.write(requestOf(event)) // 4 MB
  for (let turn = 0; turn < 500; turn += 1) await nextTurn()
  const [socket] = served
  unsubscribe('net.server.socket', note)
  assert.ok((socket?.bytesRead ?? Infinity) < 400_000, `${socket?.bytesRead} bytes read`)
  assert.equal(ingest.producer.waitingCalls, 1)
  ingest.producer.outcome = outcome
  await eventually(() => assert.equal(text.split('HTTP/1.1 200 ').length - 1, 81), {
    withinMs: 20_000,
  })
  assert.equal(ingest.events().length, 81)
  client.destroy()
})

test('a CONNECT behind other requests is answered after them', async () => {
  await using ingest = await startTestIngest()
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const connectRequest = 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n'
  const answers = raw(ingest.port, requestOf(eventText()).repeat(3) + connectRequest)
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  ingest.producer.outcome = outcome
  const statuses = [...(await answers).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  assert.deepEqual(statuses, ['200', '200', '200', '405'])
})

test('a request that is cut where we stopped to read is not late: we were', async () => {
  await using ingest = await startTestIngest({
    serverLimits: { headersTimeoutMs: 400, requestTimeoutMs: 500 },
  })
  const { outcome } = ingest.producer
  ingest.producer.outcome = null
  const client = connect(ingest.port, '127.0.0.1')
  let text = ''
  client.on('data', (chunk) => (text += String(chunk)))
  const half = requestOf(eventText())
  client.write(requestOf(eventText()) + half.slice(0, -20))
  await eventually(() => assert.equal(ingest.producer.waitingCalls, 1))
  const startedAt = performance.now()
  await eventually(() => assert.ok(performance.now() - startedAt > 3_000)) // two looks of Node's
  assert.equal(text, '')
  ingest.producer.outcome = outcome
  client.write(half.slice(-20))
  await eventually(() => assert.equal(text.split('HTTP/1.1 200 ').length - 1, 2))
  client.destroy()
})
