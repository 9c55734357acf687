import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { startFaultProxy, type FaultProxy, type LinkMode } from '../../chaos/proxy.ts'
import { createRandom } from '../../chaos/random.ts'
import { eventually } from '../support/eventually.ts'

/** Answers every byte with itself, and remembers what it was sent. */
let received = ''
const connections = new Set<Socket>()
const echo = createServer((socket) => {
  connections.add(socket)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    received += chunk.toString()
    socket.write(chunk)
  })
})
let proxy: FaultProxy

before(async () => {
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  assert.ok(address !== null && typeof address !== 'string')
  proxy = await startFaultProxy({ port: () => address.port, random: createRandom(1, 'link') })
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  for (const socket of connections) socket.destroy()
  echo.close()
})

/** Sends a text under a mode. @returns what came back, and whether the connection was reset. */
async function talk(mode: LinkMode, text: string) {
  proxy.set(mode)
  received = ''
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  const seen = { answer: '', isReset: false }
  socket.on('data', (chunk: Buffer) => (seen.answer += chunk.toString()))
  socket.on('error', () => (seen.isReset = true))
  socket.write(text)
  return { seen, close: () => socket.destroy() }
}

const TEXT = 'abcdefghij'.repeat(50)

for (const mode of [
  { kind: 'healthy' },
  { kind: 'latency', ms: 20 },
  { kind: 'rate', bytesPerSecond: 50_000 },
  { kind: 'slice', maxBytes: 7 },
] as const) {
  test(`${mode.kind}: every byte arrives, both ways`, async () => {
    const { seen, close } = await talk(mode, TEXT)
    await eventually(() => assert.equal(seen.answer, TEXT))
    close()
  })
}

for (const mode of [{ kind: 'refuse' }, { kind: 'reset' }] as const) {
  test(`${mode.kind}: the connection is reset and nothing is delivered`, async () => {
    const { seen } = await talk(mode, TEXT)
    await eventually(() => assert.equal(seen.isReset, true))
    assert.equal(received, '')
  })
}

test('drop_answer: the request is delivered, its answer is not', async () => {
  const { seen } = await talk({ kind: 'drop_answer' }, TEXT)
  await eventually(() => assert.equal(seen.isReset, true))
  assert.equal(received, TEXT)
  assert.equal(seen.answer, '')
})

test('cut: a part of the request is delivered, then the connection is reset', async () => {
  const { seen } = await talk({ kind: 'cut', afterBytes: 100 }, TEXT)
  await eventually(() => assert.equal(seen.isReset, true))
  await eventually(() => assert.ok(received.length > 0))
  assert.ok(TEXT.startsWith(received) && received.length < TEXT.length)
})

test('blackhole: nothing arrives, and nothing comes out when it heals', async () => {
  const { seen } = await talk({ kind: 'blackhole' }, TEXT)
  await eventually(() => assert.ok((proxy.hurt.get('blackhole') ?? 0) > 0))
  proxy.set({ kind: 'healthy' })
  await eventually(() => assert.equal(seen.isReset, true))
  assert.equal(received, '')
  assert.equal(seen.answer, '')
})

test('latency: a client that resets while its answer backs up ends its connection, not the harness', async () => {
  proxy.set({ kind: 'latency', ms: 5 })
  const hurtBefore = proxy.hurt.get('latency') ?? 0
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.pause()
  for (let n = 0; n < 200; n++) socket.write(Buffer.alloc(64 * 1_024)) // more than all buffers hold
  await eventually(() => assert.ok((proxy.hurt.get('latency') ?? 0) > hurtBefore + 100))
  socket.resetAndDestroy()
  const { seen, close } = await talk({ kind: 'healthy' }, TEXT)
  await eventually(() => assert.equal(seen.answer, TEXT))
  close()
})
