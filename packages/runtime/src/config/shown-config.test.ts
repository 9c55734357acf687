import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownConfig } from './shown-config.ts'
import { brokers, integer, secret, url } from './variable.ts'

const variables = {
  KAFKA_BROKERS: brokers({ description: '', default: ['127.0.0.1:9092'] }),
  KAFKA_SASL_PASSWORD: secret({ description: '', default: '' }),
  CLICKHOUSE_PASSWORD: secret({ description: '', default: '' }),
  CLICKHOUSE_URL: url({ description: '', default: 'http://127.0.0.1:8123' }),
  PORT: integer({ description: '', min: 0, max: 65_535, default: 3000 }),
}

test('the line of configuration shows every variable, and of secrets only that they are set', () => {
  const shown = shownConfig(variables, {
    KAFKA_SASL_PASSWORD: 'hunter2',
    CLICKHOUSE_URL: 'http://ch:8123/',
    PORT: '1234',
    HOME: '/not-ours',
  })
  assert.deepEqual(shown, {
    KAFKA_BROKERS: ['127.0.0.1:9092'],
    KAFKA_SASL_PASSWORD: 'set',
    CLICKHOUSE_PASSWORD: 'unset',
    CLICKHOUSE_URL: 'http://ch:8123',
    PORT: 1234,
  })
})
