import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '@custom-events/runtime'
import { readIngestConfig } from './config.ts'

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readIngestConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems.map(({ variable }) => variable).toSorted()
  }
  return []
}

test('with AUTH_MODE=off everything else has a default', () => {
  const config = readIngestConfig({ AUTH_MODE: 'off' })
  assert.deepEqual([config.port, config.opsPort, config.writeKeysFile], [3000, 3001, null])
  assert.equal(config.settings.topics.tracked, 'events.tracked.v1')
  assert.equal(config.settings.partitionCountByTopic['events.tracked.v1'], 12)
})

test('without keys nobody but this machine is heard, unless HTTP_HOST says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'http-host-'))
  const path = join(folder, 'keys.json')
  writeFileSync(path, JSON.stringify({ keys: [{ name: 'a', sha256: '0'.repeat(64) }] }))
  try {
    const table: readonly (readonly [Record<string, string>, string])[] = [
      [{ AUTH_MODE: 'off' }, '127.0.0.1'],
      [{ AUTH_MODE: 'off', HTTP_HOST: '' }, '127.0.0.1'],
      [{ AUTH_MODE: 'off', HTTP_HOST: '0.0.0.0' }, '0.0.0.0'],
      [{ WRITE_KEYS_FILE: path }, '0.0.0.0'],
      [{ AUTH_MODE: 'keys', WRITE_KEYS_FILE: path, HTTP_HOST: '::1' }, '::1'],
    ]
    for (const [environment, host] of table) {
      assert.equal(readIngestConfig(environment).host, host, JSON.stringify(environment))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('without a key file, that anybody may write must be said', () => {
  assert.deepEqual(problemsOf({}), ['WRITE_KEYS_FILE'])
  assert.deepEqual(problemsOf({ AUTH_MODE: 'keys' }), ['WRITE_KEYS_FILE'])
  assert.deepEqual(problemsOf({ WRITE_KEYS_FILE: '/does/not/exist' }), ['WRITE_KEYS_FILE'])
  assert.deepEqual(problemsOf({ AUTH_MODE: 'OFF', PORT: 'x' }), ['AUTH_MODE', 'PORT'])
})

test('all problems are told together', () => {
  const environment = {
    PORT: '70000',
    KAFKA_BROKERS: 'localhost',
    SCHEMA_REGISTRY_URL: 'registry',
    EVENT_EARLIEST_TIMESTAMP: 'long ago',
    EVENT_MAX_DAYS_AHEAD: '0',
  }
  assert.deepEqual(
    problemsOf(environment),
    [...Object.keys(environment), 'WRITE_KEYS_FILE'].toSorted(),
  )
})

test('the rules for events can be configured', () => {
  const { rules } = readIngestConfig({
    AUTH_MODE: 'off',
    EVENT_EARLIEST_TIMESTAMP: '2020-01-01T00:00:00Z',
    EVENT_MAX_DAYS_AHEAD: '1',
    EVENT_PLACEHOLDER_IDS: 'Test,null',
  }).settings
  assert.equal(rules.earliestTimestampMs, Date.parse('2020-01-01T00:00:00Z'))
  assert.equal(rules.maxAheadMs, 86_400_000)
  assert.deepEqual([...rules.placeholderIds], ['Test', 'null'])
})

test('rate limits are off until a rate is set; their burst has a default', () => {
  const limitsOf = (environment: Record<string, string>) =>
    readIngestConfig({ AUTH_MODE: 'off', ...environment }).settings.rateLimits
  assert.deepEqual(limitsOf({}), { key: null, account: null })
  assert.deepEqual(
    limitsOf({
      RATE_LIMIT_KEY_EVENTS_PER_SECOND: '100',
      RATE_LIMIT_ACCOUNT_EVENTS_PER_SECOND: '5',
      RATE_LIMIT_ACCOUNT_BURST_EVENTS: '50',
    }),
    {
      key: { eventsPerSecond: 100, burstEvents: 2_500 },
      account: { eventsPerSecond: 5, burstEvents: 50 },
    },
  )
})

test('where events are spread over shards, partitions divide by them, also of rejected events', () => {
  const env = { AUTH_MODE: 'off', CLICKHOUSE_SHARDS: '4' }
  const { settings, shards, consumerGroup } = readIngestConfig(env)
  assert.equal(shards, 4)
  assert.equal(consumerGroup, 'custom-events.clickhouse.events.tracked.v1')
  assert.equal(settings.partitionCountByTopic['events.rejected.v1'], 4)
  assert.throws(
    () => readIngestConfig({ ...env, KAFKA_PARTITIONS: '10' }),
    /KAFKA_PARTITIONS is "10"/,
  )
})
