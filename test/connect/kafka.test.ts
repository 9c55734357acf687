// Every way in which a site's Kafka may ask who somebody is, over TLS with an authority of its own.
import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect, createServer as createTcp, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { readFileSync } from 'node:fs'
import { createServer as createTls } from 'node:tls'
import { after, before, test } from 'node:test'
import {
  startKafka,
  startTokenServer,
  type KafkaAlone,
  type TlsKafka,
} from '@custom-events/embedded'
import type { SecureKafka } from '@custom-events/embedded'
import { createConsumer, createMemoryBudget, type KafkaConfig } from '@custom-events/kafka'
import { createConsumerMetrics } from '../../services/consumer/src/metrics.ts'
import { showReading } from '../../services/consumer/src/show-reading.ts'
import { eventually } from '../support/eventually.ts'
import { kafkaOf, log, makeTopic, mustProduce, mustSay, open, rightsOf, tlsOf } from './support.ts'

const TOPIC = 'connect'
const USER = 'app'
const SECRET = 'a secret: of §ome kind'

let alone: KafkaAlone
let secure: SecureKafka
let tls: TlsKafka
let password: string
before(async () => {
  alone = await startKafka({ secure: true })
  ;({ secure, tls } = tlsOf(alone.secure))
  await makeTopic(kafkaOf(secure.admin), TOPIC)
  const user = await secure.makeUser(USER, rightsOf(TOPIC))
  password = user.environment.KAFKA_SASL_PASSWORD
})
after(() => alone[Symbol.asyncDispose]())

const overTls = () => ({ KAFKA_TLS_ENABLED: 'true', KAFKA_TLS_CA_FILE: tls.authority.file })
const sasl = (mechanism: string, user = USER, secret = password) => ({
  ...overTls(),
  KAFKA_BROKERS: tls.brokers,
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: user,
  KAFKA_SASL_PASSWORD: secret,
})
const tokens = (url: string, more: Readonly<Record<string, string>> = {}) => ({
  ...overTls(),
  KAFKA_BROKERS: tls.brokers,
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_TOKEN_URL: url,
  KAFKA_OAUTH_CLIENT_ID: USER,
  KAFKA_OAUTH_CLIENT_SECRET: SECRET,
  ...more,
})
const certificate = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({
  ...overTls(),
  KAFKA_BROKERS: tls.mutualBrokers,
  KAFKA_TLS_CERT_FILE: cert,
  KAFKA_TLS_KEY_FILE: key,
})
const tokenServer = (more: { readonly lifetimeS?: number; readonly isHttps?: boolean } = {}) => {
  const { lifetimeS = 60, isHttps = false } = more
  const start = async () =>
    startTokenServer({
      key: tls.tokenKey,
      clientId: USER,
      clientSecret: SECRET,
      lifetimeS,
      ...(isHttps ? { certificate: await tls.authority.issue({ name: 'tokens' }) } : {}),
    })
  return start()
}
const produces = async (environment: Readonly<Record<string, string>>): Promise<void> => {
  await using producer = open(kafkaOf(environment), TOPIC)
  await mustProduce(producer, TOPIC, 'one')
}
const consuming = (kafka: KafkaConfig) => ({
  kafka,
  consumerGroup: TOPIC,
  topics: [TOPIC],
  budget: createMemoryBudget(10_000_000),
  onOutOfRange: 'halt' as const,
  log,
})
const says = (environment: Readonly<Record<string, string>>, expected: RegExp): Promise<void> =>
  mustSay(kafkaOf(environment), TOPIC, expected)

test('a user with a password: SCRAM-SHA-256, SCRAM-SHA-512, PLAIN', async () => {
  await produces(sasl('scram-sha-256'))
  await produces(sasl('scram-sha-512'))
  const { environment, name } = secure.plainUser
  await secure.plainUser.allow(...rightsOf(TOPIC))
  await produces(sasl('plain', name, environment.KAFKA_SASL_PASSWORD))
  await says(sasl('scram-sha-512', USER, 'wrong'), /KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/)
})

test('a token of a token server, by http and by https with its own authority', async () => {
  await using server = await tokenServer()
  await produces(tokens(server.url))
  await using encrypted = await tokenServer({ isHttps: true })
  await says(tokens(encrypted.url), /KAFKA_OAUTH_TOKEN_URL=.*KAFKA_OAUTH_TLS_CA_FILE/)
  await produces(tokens(encrypted.url, { KAFKA_OAUTH_TLS_CA_FILE: tls.authority.file }))
})

test('what is wrong with tokens is told by the variable to look at', async () => {
  await using server = await tokenServer()
  const secretOf = { KAFKA_OAUTH_CLIENT_SECRET: 'wrong' }
  await says(tokens(server.url, secretOf), /401 invalid_client: check .*KAFKA_OAUTH_CLIENT_SECRET/)
  server.audience = 'somebody else'
  await says(tokens(server.url), /do not accept our token.*issuer, audience and keys/)
  await says(tokens('http://127.0.0.1:9/token'), /no token from KAFKA_OAUTH_TOKEN_URL=.*:9\/token/)
})

test('a module of a site gives the token', async () => {
  await using server = await tokenServer()
  const path = join(dirname(tls.authority.file), 'provider.mjs')
  const basic = Buffer.from(`${USER}:${encodeURIComponent(SECRET)}`).toString('base64')
  await writeFile(
    path,
    `export default async () => {
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      const headers = { authorization: ${JSON.stringify(`Basic ${basic}`)} }
      const answer = await fetch(${JSON.stringify(server.url)}, { method: 'POST', headers, body })
      const { access_token: token, expires_in: seconds } = await answer.json()
      return { token, expiresAt: Date.now() + 1_000 * seconds }
    }`,
  )
  const { KAFKA_OAUTH_TOKEN_URL: _url, ...rest } = tokens(server.url)
  await produces({ ...rest, KAFKA_OAUTH_PROVIDER: path })
})

test('a certificate of ours is who we are, and is read again when it was replaced', async () => {
  const good = await tls.authority.issue({ name: USER })
  await produces(certificate(good))
  await says(
    { ...overTls(), KAFKA_BROKERS: tls.mutualBrokers },
    /KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE/,
  )

  const expired = await tls.authority.issue({
    name: 'expired',
    validUntil: new Date(Date.now() - 1_000),
  })
  const files = { cert: `${expired.cert}-used`, key: `${expired.key}-used` }
  await copyFile(expired.cert, files.cert)
  await copyFile(expired.key, files.key)
  await using producer = open(kafkaOf(certificate(files)), TOPIC)
  await eventually(() => {
    assert.match(producer.notReadyReason ?? '', /KAFKA_TLS_CERT_FILE=.*expired at .*renew it/)
  })
  await copyFile(good.key, files.key)
  await copyFile(good.cert, files.cert)
  await mustProduce(producer, TOPIC, 'after the renewal')
})

test('a password in a file is read again, too', async () => {
  const file = join(dirname(tls.authority.file), 'password')
  await writeFile(file, 'not yet\n')
  const { KAFKA_SASL_PASSWORD: _password, ...rest } = sasl('scram-sha-512')
  await using producer = open(kafkaOf({ ...rest, KAFKA_SASL_PASSWORD_FILE: file }), TOPIC)
  await eventually(() => assert.match(producer.notReadyReason ?? '', /KAFKA_SASL_PASSWORD/))
  await writeFile(file, `${password}\n`)
  await mustProduce(producer, TOPIC, 'after the change')
})

test('whom we do not trust: another authority, another name, an expired certificate', async () => {
  const { KAFKA_TLS_CA_FILE: _ca, ...unknown } = sasl('scram-sha-512')
  await says(unknown, /authority that is not trusted here.*KAFKA_TLS_CA_FILE/)
  const cases = [
    [
      { name: 'other', hosts: ['other.test', '10.9.9.9'] },
      /127\.0\.0\.1.*KAFKA_BROKERS \(and advertised/,
    ],
    // Node would compare an address with this name.
    [{ name: 'localhost', hosts: ['localhost'] }, /KAFKA_BROKERS \(and advertised/],
    [{ name: 'old', validUntil: new Date(Date.now() - 1_000) }, /has expired: renew it there/],
  ] as const
  for (const [options, expected] of cases) {
    const files = await tls.authority.issue(options)
    await using server = createTls({ cert: readFileSync(files.cert), key: readFileSync(files.key) })
    server.on('tlsClientError', () => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on a port
    await says({ ...sasl('scram-sha-512'), KAFKA_BROKERS: `127.0.0.1:${port}` }, expected)
  }
})

test('a right that is missing is named', async () => {
  const name = 'nobody'
  await secure.makeUser(name, [])
  const stranger = await tls.authority.issue({ name })
  await says(certificate(stranger), /(?:grant|right).*/)
})

test('what is wrong with who we are, or with whom we trust, has a message, a metric and a place in the runbook', async () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const section = /^## A server refuses our certificate.*?(?=^## )/ms.exec(runbook)?.[0] ?? ''
  const validUntil = new Date(Date.now() - 1_000)
  const theirs = await tls.authority.issue({ name: 'theirs', validUntil })
  await using server = createTls({ cert: readFileSync(theirs.cert), key: readFileSync(theirs.key) })
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const cases = [
    ['token', tokens('http://127.0.0.1:9/token'), 'no token from KAFKA_OAUTH_TOKEN_URL'],
    ['tls', certificate(await tls.authority.issue({ name: 'ours', validUntil })), 'expired at'],
    [
      'tls',
      { ...sasl('plain'), KAFKA_BROKERS: `127.0.0.1:${port}` },
      'its certificate has expired',
    ],
    ['authentication', sasl('plain', USER, 'wrong'), 'SASL_AUTHENTICATION_FAILED'],
  ] as const
  for (const [cause, environment, phrase] of cases) {
    assert.ok(section.includes(phrase), `the runbook does not know: ${phrase}`)
    await using consumer = createConsumer(consuming(kafkaOf(environment)))
    const metrics = createConsumerMetrics()
    await eventually(async () => {
      assert.ok(
        consumer.notReadyReason?.includes(phrase),
        `${cause}: ${consumer.notReadyReason ?? ''}`,
      )
      showReading(metrics, consumer, Date.now())
      const { text } = await metrics.expose()
      assert.match(text, new RegExp(`^custom_events_partitions_stuck.cause="${cause}". [1-9]`, 'm'))
    })
  }
})

test('a consumer says the same, and begins by itself when it is mended', async () => {
  const file = join(dirname(tls.authority.file), 'client-secret')
  await writeFile(file, 'wrong')
  await using server = await tokenServer()
  const { KAFKA_OAUTH_CLIENT_SECRET: _secret, ...rest } = tokens(server.url)
  const kafka = kafkaOf({ ...rest, KAFKA_OAUTH_CLIENT_SECRET_FILE: file })
  await using consumer = createConsumer(consuming(kafka))
  await eventually(() => assert.match(consumer.notReadyReason ?? '', /KAFKA_OAUTH_CLIENT_SECRET/))
  assert.ok(consumer.troubles.length <= 1, 'told once')
  await writeFile(file, SECRET)
  await eventually(() => assert.equal(consumer.notReadyReason, null))
})

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1')
test(
  'brokers by IPv6, and by several names',
  { skip: hasIpv6 ? false : 'SKIPPED: there is no ::1 here' },
  async () => {
    const [, port] = tls.brokers.split(':')
    await using forwarding = createTcp((from) => {
      const to = connect(Number(port), '127.0.0.1')
      from.pipe(to).pipe(from)
      for (const each of [from, to]) each.on('error', () => {})
    }).listen(0, '::1')
    await once(forwarding, 'listening')
    const { port: own } = forwarding.address() as AddressInfo // it listens on a port
    await produces({ ...sasl('scram-sha-512'), KAFKA_BROKERS: `[::1]:${own}` })
    await produces({
      ...sasl('scram-sha-512'),
      KAFKA_BROKERS: `127.0.0.1:9,localhost:${port},[::1]:${own}`,
    })
  },
)
