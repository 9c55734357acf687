import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClickHouse } from '../client/clickhouse.ts'
import { applyRetention } from './apply.ts'
import { ttlIn } from './plan.ts'

/** ClickHouse in memory that takes every statement, and has these rows in `retention`. */
function fakeClickHouse(recorded: readonly object[] = []) {
  const statements: string[] = []
  const fake = {
    query: async <Row>(sql: string) =>
      (sql.includes('system.disks')
        ? []
        : sql.includes('today')
          ? [{ today: 20_000 }]
          : sql.includes('formatQuery')
            ? [{ made: 'CREATE TABLE t TTL own' }]
            : recorded) as Row[],
    command: async (sql: string, params: object = {}) => {
      statements.push(sql.startsWith('INSERT') ? JSON.stringify(params) : sql)
    },
  }
  return { statements, clickhouse: fake as unknown as ClickHouse } // it is asked for nothing else
}

const events = {
  name: 'events',
  of: 'events',
  time: 'timestamp',
  isByMonth: true,
  rows: 'events',
} as const
const change = { table: events, kept: { days: 30 }, from: null, to: 'T', due: [] }

test('every statement of a cluster goes to the cluster, and what is kept is written down first', async () => {
  const { statements, clickhouse } = fakeClickHouse()
  await applyRetention(clickhouse, change, 'c1')
  const [record, ...alters] = statements
  assert.equal(record, '{"event":"","days":30,"gone":-25567}')
  assert.deepEqual(alters, [
    'ALTER TABLE events ON CLUSTER `c1` MODIFY SETTING ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1',
    'ALTER TABLE events ON CLUSTER `c1` MODIFY TTL T SETTINGS materialize_ttl_after_modify = 1',
  ])
})

test('an event that has no days of its own any more keeps what is gone of it', async () => {
  const recorded = [
    { event: '', days: 0, gone: -25_567 },
    { event: 'ping', days: 7, gone: -25_567 },
  ]
  const { statements, clickhouse } = fakeClickHouse(recorded)
  await applyRetention(clickhouse, { ...change, kept: { days: null }, from: 'own', to: null }, '')
  const [all = '', ping = '', ...alters] = statements
  assert.equal(all, '{"event":"","days":0,"gone":-25567}')
  // 2024-10-04 is day 20000: with 7 days August is gone, September is not.
  assert.equal(ping, `{"event":"ping","days":0,"gone":${Date.UTC(2024, 8, 1) / 86_400_000}}`)
  assert.match(alters.join(';'), /ALTER TABLE events {2}REMOVE TTL$/)
})

for (const [what, made, expected] of [
  [
    'none',
    "CREATE TABLE t (a String COMMENT ' TTL x') ENGINE = MergeTree ORDER BY a SETTINGS b = 1",
    null,
  ],
  ['one', 'CREATE TABLE t (…) ORDER BY a TTL f(a) SETTINGS b = 1', 'f(a)'],
  ['one before a comment', "CREATE TABLE t (…) ORDER BY a TTL f(a) COMMENT ' TTL x'", 'f(a)'],
  [
    'one with odd names',
    "… TTL f(a, [' SETTINGS ', 'it\\'s COMMENT ']) SETTINGS b = 1",
    "f(a, [' SETTINGS ', 'it\\'s COMMENT '])",
  ],
] as const) {
  test(`the TTL of a table is found: ${what}`, () => assert.equal(ttlIn(made), expected))
}
