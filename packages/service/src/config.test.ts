import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'
import { brokers, choice, flag, integer, secret, text, url } from './variable.ts'

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
