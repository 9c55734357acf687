import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import kafkajsSocketFactory from 'kafkajs/src/network/socketFactory.js'
import { resetOnClose } from './reset-on-close.ts'

/** More than the kernel holds for one connection: the rest waits in the sender. */
const REQUEST_BYTES = 32 * 1_024 ** 2

test('what was not delivered when a connection is closed is never delivered', async () => {
  assert.ok((await deliveredBy(resetOnClose())) < REQUEST_BYTES)
})

test('closed as kafkajs does it, all of it is delivered later, which is why we do not', async () => {
  assert.equal(await deliveredBy(kafkajsSocketFactory()), REQUEST_BYTES)
})

/** Sends to a server that reads nothing until the connection was closed. @returns the bytes it got. */
async function deliveredBy(factory: ReturnType<typeof resetOnClose>): Promise<number> {
  await using server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const accepted = once(server, 'connection') as Promise<[Socket]> // what node:net emits
  const connected = Promise.withResolvers<void>()
  const host = '127.0.0.1'
  const client = factory({ host, port, ssl: undefined as never, onConnect: connected.resolve }) // as kafkajs does without TLS
  client.on('error', () => {})
  await connected.promise
  const [received] = await accepted
  client.write(Buffer.alloc(REQUEST_BYTES))
  client.end()
  let bytes = 0
  received.on('data', (chunk) => (bytes += chunk.length)).on('error', () => {})
  received.resume()
  if (!received.closed) await once(received, 'close').catch(() => {})
  return bytes
}
