// The registry and ClickHouse by https, with an authority, identities and certificates of a site; and the programs over all of it.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClickHouse } from '@custom-events/clickhouse'
import { startHttpsFront, startStack, startTokenServer } from '@custom-events/embedded'
import type { CertificateFiles, Stack, TlsKafka } from '@custom-events/embedded'
import { createSchemaRegistry, registryConfigFrom } from '@custom-events/kafka'
import { clickhouseVariables, readConfig, registryVariables } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline } from '../support/pipeline.ts'
import { tlsOf } from './support.ts'

const SCHEMA = '{"type":"record","name":"r","fields":[{"name":"a","type":"long"}]}'

let stack: Stack
let tls: TlsKafka
let server: CertificateFiles
let ours: CertificateFiles
before(async () => {
  stack = await startStack({ secure: true })
  ;({ tls } = tlsOf(stack.secure))
  server = await tls.authority.issue({ name: 'servers' })
  ours = await tls.authority.issue({ name: 'app' })
})
after(() => stack[Symbol.asyncDispose]())

const front = (more: { readonly clientAuthority?: string; readonly authorization?: string } = {}) =>
  startHttpsFront({ url: stack.environment.SCHEMA_REGISTRY_URL, certificate: server, ...more })
const register = (environment: Readonly<Record<string, string>>): Promise<number> =>
  createSchemaRegistry(
    registryConfigFrom(readConfig(registryVariables, environment).config),
  ).register('connect-value', SCHEMA)

test('the registry by https with its own authority, by user and by token', async () => {
  await using open = await front()
  const at = { SCHEMA_REGISTRY_URL: open.url }
  const trusting = { SCHEMA_REGISTRY_TLS_CA_FILE: tls.authority.file }
  assert.ok((await register({ ...at, ...trusting })) > 0)
  await assert.rejects(register(at), {
    remedy: /authority that is not trusted.*SCHEMA_REGISTRY_TLS_CA_FILE/,
  })

  const basic = `Basic ${Buffer.from('u:p').toString('base64')}`
  await using byUser = await front({ authorization: basic })
  const user = { ...trusting, SCHEMA_REGISTRY_URL: byUser.url, SCHEMA_REGISTRY_USER: 'u' }
  assert.ok((await register({ ...user, SCHEMA_REGISTRY_PASSWORD: 'p' })) > 0)
  await assert.rejects(register({ ...user, SCHEMA_REGISTRY_PASSWORD: 'x' }), {
    failure: 'denied',
    remedy: /SCHEMA_REGISTRY_PASSWORD/,
  })
})

test('a token of the registry is read from its file with each request', async () => {
  await using byToken = await front({ authorization: 'Bearer second' })
  const file = join(dirname(tls.authority.file), 'registry-token')
  await writeFile(file, 'first\n')
  const { config } = readConfig(registryVariables, {
    SCHEMA_REGISTRY_URL: byToken.url,
    SCHEMA_REGISTRY_TLS_CA_FILE: tls.authority.file,
    SCHEMA_REGISTRY_TOKEN_FILE: file,
  })
  const registry = createSchemaRegistry(registryConfigFrom(config))
  await assert.rejects(registry.register('token-value', SCHEMA), {
    remedy: /SCHEMA_REGISTRY_TOKEN/,
  })
  await writeFile(file, 'second\n')
  const id = await registry.register('token-value', SCHEMA)
  assert.deepEqual(JSON.parse(await registry.schema(id)), JSON.parse(SCHEMA))
})

const clickhouse = (url: string, more: Readonly<Record<string, string>>) =>
  createClickHouse(
    readConfig(clickhouseVariables, {
      CLICKHOUSE_URL: url,
      CLICKHOUSE_USER: stack.environment.CLICKHOUSE_USER,
      CLICKHOUSE_PASSWORD: stack.environment.CLICKHOUSE_PASSWORD,
      CLICKHOUSE_DATABASE: 'default',
      ...more,
    }).config,
  )

test('ClickHouse by https with its own authority, and a certificate of ours where it wants one', async () => {
  const url = stack.environment.CLICKHOUSE_URL
  await using mutual = await startHttpsFront({
    url,
    certificate: server,
    clientAuthority: tls.authority.file,
  })
  const trusting = { CLICKHOUSE_TLS_CA_FILE: tls.authority.file }
  const certificate = { CLICKHOUSE_TLS_CERT_FILE: ours.cert, CLICKHOUSE_TLS_KEY_FILE: ours.key }
  await using good = clickhouse(mutual.url, { ...trusting, ...certificate })
  assert.deepEqual(await good.query('SELECT 1 AS one'), [{ one: 1 }])

  await using distrusting = clickhouse(mutual.url, {})
  await assert.rejects(distrusting.query('SELECT 1'), /CLICKHOUSE_TLS_CA_FILE/)
  await using nobody = clickhouse(mutual.url, trusting)
  await assert.rejects(
    nobody.query('SELECT 1'),
    /CLICKHOUSE_TLS_CERT_FILE and CLICKHOUSE_TLS_KEY_FILE/,
  )
  const other = await tls.authority.issue({ name: 'elsewhere', hosts: ['elsewhere.test'] })
  await using misnamed = await startHttpsFront({ url, certificate: other })
  await using asked = clickhouse(misnamed.url, trusting)
  await assert.rejects(asked.query('SELECT 1'), /CLICKHOUSE_URL as the certificate does/)
})

test('all programs over tokens, TLS and certificates: an event arrives', async () => {
  await using tokens = await startTokenServer({
    key: tls.tokenKey,
    clientId: 'admin',
    clientSecret: 'secret',
    lifetimeS: 60,
  })
  await using registry = await front({ authorization: 'Bearer programs' })
  await using engine = await startHttpsFront({
    url: stack.environment.CLICKHOUSE_URL,
    certificate: server,
    clientAuthority: tls.authority.file,
  })
  const ca = tls.authority.file
  await using pipeline = await startTestPipeline({
    servers: stack.environment,
    environment: {
      KAFKA_BROKERS: tls.brokers,
      KAFKA_TLS_ENABLED: 'true',
      KAFKA_TLS_CA_FILE: ca,
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_OAUTH_TOKEN_URL: tokens.url,
      KAFKA_OAUTH_CLIENT_ID: 'admin',
      KAFKA_OAUTH_CLIENT_SECRET: 'secret',
      SCHEMA_REGISTRY_URL: registry.url,
      SCHEMA_REGISTRY_TOKEN: 'programs',
      SCHEMA_REGISTRY_TLS_CA_FILE: ca,
      CLICKHOUSE_URL: engine.url,
      CLICKHOUSE_TLS_CA_FILE: ca,
      CLICKHOUSE_TLS_CERT_FILE: ours.cert,
      CLICKHOUSE_TLS_KEY_FILE: ours.key,
    },
  })
  const event =
    '{"event":"e","group_id":"g","user_id":"u","event_id":"over-tls","timestamp":"2026-01-01T00:00:00Z"}'
  assert.equal((await pipeline.post('/track', event)).status, 200)
  await eventually(async () => {
    const rows = await pipeline.query<{ readonly event_id: string }>('SELECT event_id FROM tracked')
    assert.deepEqual(
      rows.map(({ event_id: id }) => id),
      ['over-tls'],
    )
  })
})
