import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import KafkaJsConnection from 'kafkajs/src/network/connection.js'
import { fixRequestQueueTimer } from '../kafkajs/request-queue-timer.ts'
import { resetOnClose } from '../kafkajs/reset-on-close.ts'
import { sendRequest } from '../kafkajs/send-request.ts'
import { keepExchangesApart } from './keep-exchanges-apart.ts'
import { keepSessions } from './keep-sessions.ts'
import { startSaslBroker, type SaslBroker } from '../testing/sasl-broker.fixture.ts'
import { Writer } from '../testing/wire.fixture.ts'

const before = { ...Object.getOwnPropertyDescriptors(RequestQueue.prototype) }
fixRequestQueueTimer()
keepSessions()
keepExchangesApart()
keepExchangesApart() // once more changes nothing

type Connection = InstanceType<typeof KafkaJsConnection>

const HEARTBEAT = { apiKey: 12, apiName: 'Heartbeat', apiVersion: 0 }
const silent: object = { namespace: () => silent, debug: () => {}, warn: () => {}, error: () => {} }
/** The pace of requests. */
const EVERY_MS = 20
const BOUNDED = { timeout: 20_000 }

async function connect(t: TestContext, broker: SaslBroker, sasl: object = PLAIN) {
  const connection = new KafkaJsConnection({
    host: '127.0.0.1',
    port: broker.port,
    clientId: 'test',
    logger: silent,
    socketFactory: resetOnClose(),
    requestTimeout: 4_000,
    connectionTimeout: 2_000,
    sasl,
  })
  connection.setVersions({ 17: ofVersion(1), 36: ofVersion(1) })
  connection.setSupportAuthenticationProtocol(true)
  await connection.connect()
  t.after(() => connection.disconnect())
  return connection
}

const PLAIN = { mechanism: 'plain', username: 'u', password: 'p' }
const ofVersion = (maxVersion: number) => ({ minVersion: 0, maxVersion })

/** One that is written as soon as it may be. */
const ask = (connection: Connection): Promise<Buffer> =>
  sendRequest(connection, HEARTBEAT, ({ correlationId, clientId }) => {
    const { apiKey, apiVersion } = HEARTBEAT
    const body = new Writer().int16(apiKey).int16(apiVersion).int32(correlationId).text(clientId)
    const bytes = body.bytes()
    return Buffer.concat([new Writer().int32(bytes.length).bytes(), bytes])
  })

/** One of kafkajs that takes as long to be encoded as `ready` does, as one that is compressed. */
function askSlowly(connection: Connection, ready: Promise<unknown>): Promise<unknown> {
  const encode = async () => {
    await ready
    return new Encoder()
  }
  const response = { decode: async (bytes: Buffer) => bytes, parse: async (bytes: Buffer) => bytes }
  return connection.send({ request: { ...HEARTBEAT, encode }, response })
}

test('kafkajs still has the methods that are replaced', () => {
  for (const name of ['push', 'sendSocketRequest', 'createSocketRequest', 'checkPendingRequests']) {
    assert.equal(typeof before[name]?.value, 'function', name)
  }
})

test(
  'sessions of less than a second are renewed once a second, and no request fails',
  BOUNDED,
  async (t) => {
    await using broker = await startSaslBroker({ sessionMs: 800 })
    const connection = await connect(t, broker)
    while ((broker.exchanges[0] ?? 0) < 4) {
      await Promise.all([ask(connection), ask(connection)])
      await delay(EVERY_MS)
    }
    assert.deepEqual(broker.refused, [])
    assert.equal(broker.exchanges.length, 1, 'over one connection')
  },
)

test(
  'a request that is still being encoded waits for the end of an exchange',
  BOUNDED,
  async (t) => {
    await using broker = await startSaslBroker({ sessionMs: 1_500 })
    const connection = await connect(t, broker)
    await ask(connection)
    const exchange = broker.nextExchange()
    const slow = askSlowly(connection, exchange)
    const asking = new AbortController()
    void exchange.then(() => asking.abort())
    while (!asking.signal.aborted) {
      await ask(connection)
      await delay(EVERY_MS)
    }
    await slow
    assert.deepEqual(broker.refused, [])
  },
)

test('an exchange does not go on over the next connection', BOUNDED, async (t) => {
  await using broker = await startSaslBroker({ sessionMs: 60_000, steps: 2 })
  const between = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const sasl = twoSteps(async () => {
    reached.resolve()
    await between.promise
  })
  const connection = await connect(t, broker, sasl)
  const first = assert.rejects(ask(connection), /the connection was made anew/)
  await reached.promise
  broker.hangUp()
  await connection.disconnect()
  await connection.connect()
  between.resolve()
  await first
  await ask(connection)
  assert.deepEqual(broker.refused, [])
  assert.deepEqual(broker.exchanges, [1, 1])
})

/** As SCRAM, which computes for some milliseconds between its steps. */
function twoSteps(compute: () => Promise<void>): object {
  const request = { encode: async () => Buffer.from('x') }
  return {
    mechanism: 'plain',
    authenticationProvider: ({
      saslAuthenticate,
    }: {
      saslAuthenticate: (step: object) => Promise<unknown>
    }) => ({
      authenticate: async () => {
        await saslAuthenticate({ request })
        await compute()
        await saslAuthenticate({ request })
      },
    }),
  }
}
