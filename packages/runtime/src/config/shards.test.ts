import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'
import { atShard, shardUrls } from './shards.ts'
import { text } from './variable.ts'
import { clickhouseVariables, kafkaVariables, shardCountVariables } from './variables.ts'

const TWO = 'http://a:8123, http://b:8123/'
const CLICKHOUSE_SHARD = text({ description: 'which', default: '' })
const { KAFKA_PARTITIONS } = kafkaVariables
const consumer = { KAFKA_PARTITIONS, ...clickhouseVariables, CLICKHOUSE_SHARD }
const ingest = { KAFKA_PARTITIONS, ...shardCountVariables }

test('shards are a list of addresses; without one there is CLICKHOUSE_URL', () => {
  const one = readConfig(clickhouseVariables, { CLICKHOUSE_URL: 'http://a:1' }).config
  assert.deepEqual(shardUrls(one), ['http://a:1'])
  assert.equal(atShard(one, 1).CLICKHOUSE_URL, 'http://a:1')
  const two = readConfig(clickhouseVariables, { CLICKHOUSE_SHARD_URLS: TWO }).config
  assert.deepEqual(shardUrls(two), ['http://a:8123', 'http://b:8123'])
  assert.equal(atShard(two, 2).CLICKHOUSE_URL, 'http://b:8123')
  assert.equal(atShard(two, 2).CLICKHOUSE_DATABASE, 'custom_events')
  assert.throws(() => atShard(two, 3), RangeError)
})

test('what would lose accounts between the shards is refused, naming the variable', () => {
  const served = { CLICKHOUSE_SHARD_URLS: TWO, CLICKHOUSE_SHARD: '1' }
  const rows = [
    [consumer, {}, null],
    [consumer, { CLICKHOUSE_SHARD: '1' }, null],
    [consumer, { CLICKHOUSE_SHARD: '2' }, /CLICKHOUSE_SHARD is "2".*names no others/],
    [consumer, { CLICKHOUSE_SHARD_URLS: 'http://a:8123' }, null],
    [consumer, served, null],
    [consumer, { ...served, CLICKHOUSE_SHARD: '' }, /CLICKHOUSE_SHARD is not set; expected required: from 1 to 2/],
    [consumer, { ...served, CLICKHOUSE_SHARD: '3' }, /CLICKHOUSE_SHARD is "3"/],
    [consumer, { ...served, KAFKA_PARTITIONS: '7' }, /KAFKA_PARTITIONS is "7".*a multiple of the 2 shards/],
    [consumer, { ...served, CLICKHOUSE_SHARDS: '2' }, null],
    [consumer, { ...served, CLICKHOUSE_SHARDS: '3' }, /CLICKHOUSE_SHARDS is "3"; expected 2/],
    [consumer, { CLICKHOUSE_SHARDS: '3', KAFKA_PARTITIONS: '4' }, null],
    [ingest, {}, null],
    [ingest, { CLICKHOUSE_SHARDS: '3' }, null],
    [ingest, { CLICKHOUSE_SHARDS: '5' }, /KAFKA_PARTITIONS is "12".*a multiple of CLICKHOUSE_SHARDS \(5\)/],
    [ingest, { CLICKHOUSE_SHARDS: '65' }, /CLICKHOUSE_SHARDS is "65"/],
    [ingest, { CLICKHOUSE_SHARD_URLS: TWO }, /CLICKHOUSE_SHARDS is not set; expected 2/],
    [ingest, { CLICKHOUSE_SHARD_URLS: TWO, CLICKHOUSE_SHARDS: '2' }, null],
    [{ KAFKA_PARTITIONS }, { CLICKHOUSE_SHARD_URLS: TWO }, null],
  ] as const // prettier-ignore
  for (const [variables, environment, problem] of rows) {
    const read = () => readConfig(variables, environment)
    const about = JSON.stringify(environment)
    if (problem === null) assert.doesNotThrow(read, about)
    else assert.throws(read, (error) => error instanceof ConfigError && problem.test(error.message), about) // prettier-ignore
  }
})

test('what is no list of different addresses is refused', () => {
  const many = Array.from({ length: 65 }, (_, index) => `http://h${index}:1`).join(',')
  for (const list of ['http://a:1,', 'http://a:1,http://a:1/', 'http://a:1/x', 'a:1', many]) {
    const read = () => readConfig(clickhouseVariables, { CLICKHOUSE_SHARD_URLS: list })
    assert.throws(read, /CLICKHOUSE_SHARD_URLS/, list)
  }
})

test('an authority that is named is meant for every shard', () => {
  const read = () =>
    readConfig(clickhouseVariables, {
      CLICKHOUSE_SHARD_URLS: 'https://a:8443,http://b:8123',
      CLICKHOUSE_TLS_CA_FILE: import.meta.filename,
    })
  assert.throws(read, /CLICKHOUSE_SHARD_URLS is "http:\/\/b:8123"; expected an https/)
})
