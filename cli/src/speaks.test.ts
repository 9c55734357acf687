import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { KafkaProblem, SchemaRegistryError } from '@custom-events/kafka'
import { speaks, tlsMismatch } from './speaks.ts'
import { fix, step } from './step.ts'

async function listen(t: TestContext, server: Server): Promise<string> {
  server.on('error', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

/** Without a certificate: it says so by an alert of TLS. */
const tlsServer = (t: TestContext): Promise<string> =>
  listen(
    t,
    createTlsServer({}).on('tlsClientError', () => {}),
  )
/** As Kafka does with what is no request: it closes. */
const plainServer = (t: TestContext): Promise<string> =>
  listen(
    t,
    createServer((socket) => socket.on('error', () => {}).once('data', () => socket.destroy())),
  )
const REMEDY = { tls: 'use it', plain: 'leave it' }

async function stepFailure(advice: Parameters<typeof step>[1], error: Error): Promise<string> {
  const outcome = await step('asking', advice, () => Promise.reject(error)).catch(
    (failure: unknown) => failure,
  )
  return String(outcome)
}

test('a TLS port, a plain one and none are told apart', async (t) => {
  const [tls, plain] = [await tlsServer(t), await plainServer(t)]
  const port = (address: string) => Number(address.split(':')[1])
  assert.equal(await speaks('127.0.0.1', port(tls)), 'tls')
  assert.equal(await speaks('127.0.0.1', port(plain)), 'plain')
  assert.equal(await speaks('127.0.0.1', 9), null)
})

test('only a mismatch is one, and the first address that answers decides', async (t) => {
  const [tls, plain] = [await tlsServer(t), await plainServer(t)]
  assert.equal(await tlsMismatch([tls], true, REMEDY), null)
  assert.equal(await tlsMismatch([plain], false, REMEDY), null)
  assert.equal(await tlsMismatch(['127.0.0.1:9'], true, REMEDY), null)
  assert.match(String(await tlsMismatch(['127.0.0.1:9', tls], false, REMEDY)), /speaks TLS.*use it/)
  assert.match(String(await tlsMismatch([plain], true, REMEDY)), /not in TLS.*leave it/)
})

test('setup says of each server that TLS is missing, or too much, with the variable', async (t) => {
  const [tls, plain] = [await tlsServer(t), await plainServer(t)]
  const closed = new KafkaProblem(
    { resource: 'connecting', right: '' },
    Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' }),
  )
  const kafka = (address: string, isTls: boolean) =>
    stepFailure(fix.kafka({ KAFKA_BROKERS: [address], KAFKA_TLS_ENABLED: isTls }), closed)
  assert.match(await kafka(tls, false), /speaks TLS.*KAFKA_TLS_ENABLED=true/)
  assert.match(await kafka(plain, true), /not in TLS.*KAFKA_TLS_ENABLED=false/)
  assert.match(await kafka(plain, false), /is Kafka running at/)

  const away = new SchemaRegistryError('unavailable', 'closed', new Error('closed'))
  const registry = (url: string) => stepFailure(fix.registry({ SCHEMA_REGISTRY_URL: url }), away)
  assert.match(await registry(`http://${tls}/x`), /begin SCHEMA_REGISTRY_URL with https:/)
  assert.match(await registry(`https://${plain}`), /begin SCHEMA_REGISTRY_URL with http:/)

  const failure = { code: null, status: null, network: 'ECONNRESET', message: '' }
  const clickhouse = (url: string) =>
    stepFailure(fix.clickhouse({ CLICKHOUSE_URL: url }), new ClickHouseFailure('asking', failure))
  assert.match(await clickhouse(`http://${tls}`), /begin CLICKHOUSE_URL with https:/)
  assert.match(await clickhouse(`https://${plain}`), /begin CLICKHOUSE_URL with http:/)
  assert.match(await clickhouse(`http://${plain}`), /is ClickHouse running/)
})
