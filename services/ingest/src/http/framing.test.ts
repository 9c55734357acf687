import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '../../../../test/support/eventually.ts'
import { isAbsurdlyCut } from './framing.ts'
import { exchange, raw, rawPost } from '../testing/raw.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const chunks = (text: string, bytes: number): string => {
  let framed = ''
  for (let at = 0; at < text.length; at += bytes) {
    const chunk = text.slice(at, at + bytes)
    framed += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
  }
  return `${framed}0\r\n\r\n`
}
const CHUNKED = 'Transfer-Encoding: chunked\r\n'
const CLOSE = 'Connection: close\r\n'

test('the first 16 KiB may be cut as they like, then a chunk has 32 bytes on average', () => {
  const table: readonly (readonly [number, number, boolean])[] = [
    [1, 1, false],
    [2_340, 2_340, false],
    [2_341, 2_341, true],
    [16_384, 512, false],
    [16_384, 513, true],
    [5_000_000, 77, false],
    [5_000_000, 156_250, false],
    [5_000_000, 156_251, true],
  ]
  for (const [bytes, pieces, expected] of table) {
    assert.equal(isAbsurdlyCut(bytes, pieces), expected, `${bytes} bytes in ${pieces}`)
  }
})

test('a body of one-byte chunks is refused after some KiB, and its connection closed', async () => {
  await using ingest = await startTestIngest()
  const wire = rawPost(CHUNKED, '1\r\n \r\n'.repeat(200_000))
  const { text, ms } = await exchange(ingest.port, wire)
  assert.match(text, /^HTTP\/1\.1 400 .*Connection: close.*"code":"bad_framing"/s)
  assert.ok(ms < 5_000)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('a body in chunks of any size is the body, up to the limit', async () => {
  await using ingest = await startTestIngest()
  const long = `[${Array.from({ length: 400 }, (_, n) => eventText({ event_id: `e-${n}` })).join()}]`
  const single = eventText()
  const table: readonly (readonly [string, number])[] = [
    [single, 1],
    [single, 7],
    [long, 40],
    [long, 1_000],
    [long, 4_097],
    [long, long.length],
  ]
  for (const [body, bytes] of table) {
    const answer = await raw(ingest.port, rawPost(CHUNKED + CLOSE, chunks(body, bytes)))
    assert.match(answer, /^HTTP\/1\.1 200 /, `${body.length} bytes in chunks of ${bytes}`)
  }
  const ids = ingest.events().map(({ event_id: id }) => id)
  assert.equal(ids.length, 2 + 4 * 400)
  assert.equal(new Set(ids).size, 400)
  assert.equal(ingest.budget.usedBytes, 0)
})

test('of a body in many small chunks no more is held than the budget knows of', async () => {
  await using ingest = await startTestIngest()
  const before = heldBytes()
  const socket = connect(ingest.port, '127.0.0.1').on('error', () => {})
  const count = 25_000
  socket.write(rawPost(CHUNKED, chunks(' '.repeat(40 * count), 40).slice(0, -5)))
  await eventually(() => assert.ok(ingest.budget.usedBytes >= 40 * count))
  const { usedBytes } = ingest.budget
  assert.ok(usedBytes <= 2 * 40 * count + 10_000, `${usedBytes} bytes of the budget`)
  await eventually(() => {
    const held = heldBytes() - before
    assert.ok(held < usedBytes + 1_000_000, `${held} bytes held, ${usedBytes} counted`)
  })
  socket.destroy()
  await eventually(() => assert.equal(ingest.budget.usedBytes, 0))
})

function heldBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('trailers and extensions of chunks are bounded, too, and nothing of them is kept', async () => {
  await using ingest = await startTestIngest()
  const extended = `1;${'a'.repeat(20_000)}\r\n \r\n`
  const trailers = `0\r\n${'t: 1\r\n'.repeat(5_000)}\r\n`
  for (const body of [extended, trailers]) {
    assert.match(await raw(ingest.port, rawPost(CHUNKED, body)), /^HTTP\/1\.1 4(?:00|31) /)
  }
  const fine = `${chunks(eventText(), 100).slice(0, -2)}X-Trailer: 1\r\n\r\n`
  assert.match(await raw(ingest.port, rawPost(CHUNKED + CLOSE, fine)), /^HTTP\/1\.1 200 /)
})

test('who is refused by the head is not read for long when the rest comes in tiny chunks', async () => {
  await using ingest = await startTestIngest()
  const path = 'POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  const sockets: Socket[] = []
  const note = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket) // as Node documents it
  }
  subscribe('http.server.request.start', note)
  const wire = path + '1\r\n \r\n'.repeat(200_000)
  const { text, ms } = await exchange(ingest.port, wire).catch((error: unknown) => ({
    text: String(error),
    ms: 0,
  }))
  unsubscribe('http.server.request.start', note)
  assert.match(text, /^HTTP\/1\.1 404 |ECONNRESET|EPIPE/)
  assert.ok(ms < 5_000)
  assert.equal(sockets.length, 1)
  const readBytes = sockets[0]?.bytesRead ?? Infinity
  assert.ok(readBytes <= 256 * 1_024, `${readBytes} of ${wire.length} bytes read`)
})
