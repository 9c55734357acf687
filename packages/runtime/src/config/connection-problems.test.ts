import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { connectionProblems } from './connection-problems.ts'

const here = fileURLToPath(import.meta.url)
const found = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  connectionProblems(values).map(({ variable, rule }) => `${variable}: ${rule}`)

test('what can be connected is no problem', () => {
  assert.deepEqual(found({}), [])
  assert.deepEqual(found({ KAFKA_TLS_ENABLED: true, KAFKA_TLS_CA_FILE: here }), [])
  assert.deepEqual(
    found({
      CLICKHOUSE_URL: 'https://c',
      CLICKHOUSE_TLS_CERT_FILE: here,
      CLICKHOUSE_TLS_KEY_FILE: here,
    }),
    [],
  )
  const tokens = { KAFKA_SASL_MECHANISM: 'oauthbearer' }
  assert.deepEqual(found({ ...tokens, KAFKA_OAUTH_PROVIDER: './p.mjs' }), [])
  assert.deepEqual(
    found({ ...tokens, KAFKA_OAUTH_TOKEN_URL: 'https://t', KAFKA_OAUTH_CLIENT_ID: 'c' }),
    [],
  )
})

test('files that make no connection are named with their variable', () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [
      { KAFKA_TLS_ENABLED: true, KAFKA_TLS_CA_FILE: '/not/there' },
      /^KAFKA_TLS_CA_FILE: a readable file/,
    ],
    [{ KAFKA_TLS_ENABLED: false, KAFKA_TLS_CA_FILE: here }, /^KAFKA_TLS_ENABLED: true/],
    [{ KAFKA_TLS_ENABLED: true, KAFKA_TLS_CERT_FILE: here }, /^KAFKA_TLS_KEY_FILE: .*go together/],
    [
      { SCHEMA_REGISTRY_URL: 'http://r', SCHEMA_REGISTRY_TLS_CA_FILE: here },
      /^SCHEMA_REGISTRY_URL: an https/,
    ],
    [{ CLICKHOUSE_URL: 'http://c', CLICKHOUSE_TLS_CA_FILE: here }, /^CLICKHOUSE_URL: an https/],
  ]
  for (const [values, expected] of cases) {
    const problems = found(values)
    assert.equal(problems.length, 1, problems.join())
    assert.match(problems[0] ?? '', expected)
  }
})

test('tokens come from one place, and a registry is asked as one', () => {
  const tokens = { KAFKA_SASL_MECHANISM: 'oauthbearer' }
  assert.match(found(tokens).join(), /^KAFKA_OAUTH_TOKEN_URL: /)
  const both = { KAFKA_OAUTH_TOKEN_URL: 'https://t', KAFKA_OAUTH_PROVIDER: 'p' }
  assert.match(found({ ...tokens, ...both }).join(), /not both/)
  assert.match(
    found({ ...tokens, KAFKA_OAUTH_TOKEN_URL: 'https://t' }).join(),
    /^KAFKA_OAUTH_CLIENT_ID/,
  )
  const identities = { SCHEMA_REGISTRY_TOKEN: 't', SCHEMA_REGISTRY_USER: 'u' }
  assert.match(found(identities).join(), /^SCHEMA_REGISTRY_TOKEN: unset/)
})
