import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'
import { brokers, choice, flag, integer, secret, text, url } from './variable.ts'
import { clickhouseVariables, kafkaVariables, registryVariables } from './variables.ts'

const variables = {
  PORT: integer({ description: 'port', min: 0, max: 65_535, default: 3000 }),
  AUTH_MODE: choice(['keys', 'off'], { description: 'mode' }),
  KAFKA_BROKERS: brokers({ description: 'brokers', default: ['127.0.0.1:9092'] }),
  KAFKA_TLS_ENABLED: flag({ description: 'tls', default: false }),
  CLICKHOUSE_URL: url({ description: 'url', default: 'http://127.0.0.1:8123' }),
  CLICKHOUSE_PASSWORD: secret({ description: 'password', default: '' }),
  NAME: text({ description: 'name', default: 'x' }),
}

function problemsOf(environment: Record<string, string>): ConfigError {
  try {
    readConfig(variables, environment)
  } catch (error) {
    assert(error instanceof ConfigError)
    return error
  }
  assert.fail('expected a ConfigError')
}

test('defaults fill what is absent, and an empty variable counts as absent', () => {
  const { config, warnings } = readConfig(variables, { AUTH_MODE: 'off', PORT: '' })
  assert.equal(config.PORT, 3000)
  assert.deepEqual(config.KAFKA_BROKERS, ['127.0.0.1:9092'])
  assert.deepEqual(warnings, [])
})

test('every problem is reported at once, naming variable, value and rule', () => {
  const error = problemsOf({
    PORT: '70000',
    KAFKA_BROKERS: 'no-port',
    KAFKA_TLS_ENABLED: 'yes',
    CLICKHOUSE_URL: 'ftp://x',
  })
  assert.deepEqual(error.problems.map(({ variable }) => variable).toSorted(), [
    'AUTH_MODE',
    'CLICKHOUSE_URL',
    'KAFKA_BROKERS',
    'KAFKA_TLS_ENABLED',
    'PORT',
  ])
  assert.match(error.message, /PORT is "70000"; expected a whole number from 0 to 65535/)
  assert.match(error.message, /AUTH_MODE is not set; expected required: one of keys, off/)
})

test('a number must be written as one: no fraction, no exponent, no blanks', () => {
  for (const PORT of ['1.5', '1e3', ' 1', '0x10', 'abc']) {
    assert.equal(problemsOf({ AUTH_MODE: 'off', PORT }).problems[0]?.variable, 'PORT')
  }
})

test('a secret may come from a file, not from both places, and is never shown', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'password')
  writeFileSync(path, 's3cret\n')
  const environment = { AUTH_MODE: 'off', CLICKHOUSE_PASSWORD_FILE: path }
  assert.equal(readConfig(variables, environment).config.CLICKHOUSE_PASSWORD, 's3cret')

  const both = problemsOf({ ...environment, CLICKHOUSE_PASSWORD: 'other' })
  assert.match(both.message, /CLICKHOUSE_PASSWORD is "\(secret\)".*not both/)
  assert.doesNotMatch(both.message, /other|s3cret/)

  const missing = problemsOf({ AUTH_MODE: 'off', CLICKHOUSE_PASSWORD_FILE: '/no/such/file' })
  assert.match(missing.message, /CLICKHOUSE_PASSWORD_FILE is "\/no\/such\/file"/)
})

test('an unknown variable with one of our prefixes is a warning, a stranger is not', () => {
  const { warnings } = readConfig(variables, {
    AUTH_MODE: 'off',
    KAFKA_BROKER: 'x',
    BATCH_MAX_ROWS: '1', // another service's
    HOME: '/',
  })
  assert.deepEqual(warnings, [
    'KAFKA_BROKER is no variable of ours: it has no effect; did you mean KAFKA_BROKERS?',
  ])
})

for (const [variable, kind, usable, unusable] of [
  [
    'KAFKA_BROKERS',
    kafkaVariables,
    ['host:9092', 'a.b-c_d:1, 10.0.0.1:65535', '[::1]:9092,[2001:db8::2]:9093,[fe80::1%eth0]:1'],
    [
      'host',
      'host:',
      ':9092',
      'host:0',
      'host:65536',
      'host:99999',
      'http://host:9092',
      'SASL_SSL://host:9092',
      'user:s3cret@host:9092',
      'ho st:9092',
      'host:9092,',
      'host:9092;other:9092',
      '::1:9092',
      '[::1]',
      '[host]:9092',
      '[1.2.3.4]:9092',
    ],
  ],
  [
    'SCHEMA_REGISTRY_URL',
    registryVariables,
    ['http://host:8081', 'https://host/apis/ccompat/v7/', 'http://[::1]:8081', 'HTTP://host'],
    [
      'host:8081',
      'http:host',
      'http://',
      'http:///path',
      'ftp://host',
      'http://ho st',
      ' http://host',
      'http://host:0',
      'http://host:99999',
      'http://user:s3cret@host',
      'http://user@host',
      'http://@host',
      'http://host/?token=s3cret',
      'http://host/#part',
      'http://host?',
    ],
  ],
  [
    'CLICKHOUSE_URL',
    clickhouseVariables,
    ['http://host:8123', 'https://host:8443/', 'http://[::1]:8123'],
    [
      'http://host:8123/other_database',
      'http://host:8123/?database=other',
      'http://user:s3cret@host:8123',
      'tcp://host:9000',
    ],
  ],
  [
    'KAFKA_TOPIC',
    kafkaVariables,
    ['t', 'events.tracked.v1', 'A_b-3', 'x'.repeat(230)],
    ['.', '..', 'a b', 'a/b', 'ä', 'a,b', 'x'.repeat(231)],
  ],
  [
    'CLICKHOUSE_DATABASE',
    clickhouseVariables,
    ['custom_events', '_x', 'default', 'X'.repeat(64)],
    ['a-b', 'a.b', '1a', 'a b', '`a`', "a'", 'system', 'INFORMATION_SCHEMA', 'X'.repeat(65)],
  ],
] as const) {
  test(`${variable}: what cannot be used is refused, what can is taken`, () => {
    for (const value of usable) readConfig(kind, { [variable]: value })
    for (const value of unusable) {
      assert.throws(
        () => readConfig(kind, { [variable]: value }),
        (error) => {
          assert(error instanceof ConfigError, value)
          assert.equal(error.problems[0]?.variable, variable, value)
          assert.doesNotMatch(error.message, /s3cret/)
          return true
        },
        value,
      )
    }
  })
}

test('values that are allowed each are refused when they cannot work with each other', () => {
  const both = { LESS: integer({ description: 'less', min: 0, max: 9, default: 1 }) }
  const together = ({ LESS }: { readonly LESS: number }) =>
    LESS < 5 ? [] : [{ variable: 'LESS', value: String(LESS), rule: 'less than MORE (5)' }]
  assert.equal(readConfig(both, { LESS: '4' }, together).config.LESS, 4)
  assert.throws(() => readConfig(both, { LESS: '6' }, together), /LESS is "6"; expected less than/)
})

test('logins of roles, as `npm run stack` prints them, are no mistakes', () => {
  const environment = { CLICKHOUSE_READER_USER: 'reader', CLICKHOUSE_HOT_PROPERTIES_PASSWORD: 'x' }
  assert.deepEqual(readConfig({}, environment).warnings, [])
  assert.equal(readConfig({}, { CLICKHOUSE_READR_USER: 'x' }).warnings.length, 1)
})
