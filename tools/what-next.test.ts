import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portsFromBase, type Server } from '@custom-events/embedded'
import { withShards } from './port-base.ts'
import { whatNext } from './what-next.ts'

const server = (url: string): Server => ({
  name: 'clickhouse',
  pid: 1,
  url,
  logFile: '',
  stop: async () => {},
  kill: () => {},
  restart: async () => {},
})

function said(shards: number): string {
  const urls = Array.from({ length: shards }, (_, index) => `http://127.0.0.1:${9_000 + index}`)
  const environment = {
    KAFKA_BROKERS: '127.0.0.1:9092',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081',
    CLICKHOUSE_URL: urls[0] ?? '',
    CLICKHOUSE_USER: 'default',
    CLICKHOUSE_PASSWORD: 'secret',
  }
  const logins = { CLICKHOUSE_READER_USER: 'reader', CLICKHOUSE_READER_PASSWORD: 'r' }
  const ports = withShards(portsFromBase(4_000), shards, '4000')
  return whatNext({ environment, logins, logDir: '/logs', shards: urls.map(server) }, ports)
}

test('of several ClickHouses each is named with the command that asks it, and each consumer with its metrics', () => {
  const text = said(3)
  for (const port of [9_000, 9_001, 9_002])
    assert.match(text, new RegExp(`curl -s -u .* http://127\\.0\\.0\\.1:${port} --data-binary`))
  for (const port of [4_002, 4_028, 4_029])
    assert.ok(text.includes(`http://127.0.0.1:${port}/metrics`), String(port))
  assert.match(text, /an account is on one of 3 shards/)
})

test('where there is only one nothing is said of shards', () => {
  assert.doesNotMatch(said(1), /shard/)
  assert.equal(said(1).match(/--data-binary/g)?.length, 1)
})
