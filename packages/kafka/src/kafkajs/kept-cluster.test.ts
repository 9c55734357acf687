import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createLogger } from '@custom-events/runtime'
import { keepCluster } from './kept-cluster.ts'

const log = createLogger({ service: 'test', level: 'silent' })

/** Something at a port that counts who connects, and says nothing. */
async function silentBroker() {
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    socket.unref().on('error', () => {})
  })
  return {
    kafka: {
      brokers: [`127.0.0.1:${address.port}`],
      clientId: 'test',
      isTlsEnabled: false,
      sasl: null,
    },
    server,
    get connections() {
      return connections
    },
    [Symbol.dispose]: () => void server.close(),
  }
}

test('who asks after the end is refused, and nothing connects anew', async () => {
  using broker = await silentBroker()
  const kept = keepCluster({ kafka: broker.kafka, topics: ['t'], log })
  await kept[Symbol.asyncDispose]()
  await assert.rejects(
    kept.ask(async () => assert.fail('nothing may be asked')),
    /was closed/,
  )
  assert.equal(broker.connections, 0)
})
