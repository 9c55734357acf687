// Which role may do what in ClickHouse, on the real engine; and that everything is refused that its row does not name.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClickHouse } from '@custom-events/clickhouse'
import { ROLES, type RoleName } from '@custom-events/clickhouse/access'
import { audits } from './data-programs.ts'
import { openWorld, type World } from './world.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world[Symbol.asyncDispose]())

type Asker = Exclude<RoleName, 'account'> | 'own'

const EVERYBODY: readonly Asker[] = [
  ...ROLES.map(({ name }) => name).filter((name) => name !== 'account'),
  'own',
]

/** A server refuses these tables to everybody without a right to them, the embedded engine to who is shown no row of them. */
const READS_ONLY: readonly Asker[] = ['reader', 'own']

/** A statement, and who may run it; everybody else gets code 497. */
const MATRIX: readonly (readonly [statement: string, may: readonly Asker[]])[] = [
  [
    'SELECT count() FROM tracked',
    ['setup', 'reader', 'own', 'unsealer', 'replay', 'export', 'operator'],
  ],
  [
    'SELECT properties FROM events LIMIT 1',
    [
      'setup',
      'reader',
      'own',
      'replay',
      'hot_properties',
      'eraser',
      'operator',
      'retention',
      'export',
      'unsealer',
    ],
  ],
  [
    'SELECT version FROM events LIMIT 1',
    [
      'setup',
      'writer',
      'reader',
      'own',
      'replay',
      'hot_properties',
      'eraser',
      'operator',
      'retention',
      'export',
      'unsealer',
    ],
  ],
  ['SELECT count() FROM event_feature_used', ['setup', 'reader', 'own', 'operator', 'unsealer']],
  [
    "SELECT count() FROM user_timeline(user_id = 'x')",
    ['setup', 'reader', 'own', 'operator', 'unsealer'],
  ],
  ['SELECT count() FROM events_daily', ['setup', 'reader', 'own', 'operator', 'unsealer']],
  ['SELECT count() FROM active_users_daily', ['setup', 'reader', 'own', 'operator', 'unsealer']],
  ['SELECT count() FROM active_users_weekly', ['setup', 'reader', 'own', 'operator', 'unsealer']],
  ['SELECT count() FROM active_users_monthly', ['setup', 'reader', 'own', 'operator', 'unsealer']],
  ['SELECT count() FROM catalogue_events', ['setup', 'reader', 'views', 'operator']],
  [
    'SELECT count() FROM catalogue_properties',
    ['setup', 'reader', 'views', 'hot_properties', 'operator'],
  ],
  ['SELECT count() FROM complete_until', ['setup', 'reader', 'operator', 'export']],
  [
    'SELECT count() FROM rollup_freshness',
    ['setup', 'reader', 'views', 'operator', 'writer', 'eraser'],
  ],
  [
    'SELECT raw FROM rejected_events',
    ['setup', 'reader', 'replay', 'eraser', 'operator', 'retention', 'export'],
  ],
  [
    'SELECT value FROM dead_letters',
    ['setup', 'reader', 'replay', 'eraser', 'operator', 'retention'],
  ],
  ['SELECT count() FROM migrations', ['setup', 'operator']],
  ['SELECT count() FROM rollup_daily_refresh', ['setup', 'operator']],
  ['SELECT count() FROM tracked_unsealed', ['setup', 'unsealer']],
  ['SELECT count() FROM erasures', ['setup', 'eraser', 'operator']],
  ['SELECT count() FROM erasure_days', ['setup', 'eraser', 'operator']],
  ['SELECT count() FROM audit', ['setup', 'retention', 'operator']],
  ['SELECT count() FROM retention', ['setup', 'retention', 'operator']],
  [
    'SELECT count() FROM custom_events_keys.seal_keys',
    ['setup', 'writer', 'destroy_keys', 'eraser'],
  ],
  ['SELECT key FROM custom_events_keys.seal_keys LIMIT 0', ['setup']],
  ['SELECT version FROM custom_events_keys.seal_keys LIMIT 0', ['setup', 'writer']],
  [
    'SELECT count() FROM custom_events_keys.destroyed_keys',
    ['setup', 'writer', 'destroy_keys', 'eraser', 'unsealer'],
  ],
  [
    "INSERT INTO audit (id) VALUES ('00000000-0000-0000-0000-000000000000')",
    ['setup', 'replay', 'retention', 'export', 'destroy_keys', 'eraser'],
  ],
  ["INSERT INTO erasures (kind) VALUES ('user')", ['setup', 'eraser']],
  ["INSERT INTO retention (event) VALUES ('x')", ['setup', 'retention']],
  ["ALTER TABLE custom_events_keys.seal_keys DELETE WHERE key_id = ''", ['destroy_keys', 'eraser']],
  ["ALTER TABLE rollup_daily UPDATE users = 0 WHERE group_id = 'nobody'", ['setup', 'eraser']],
  ["INSERT INTO settled (topic) VALUES ('x')", ['setup', 'writer']],
  ["INSERT INTO events_probe (group_id) VALUES ('x')", ['setup', 'writer']],
  ["INSERT INTO rollup_daily (group_id) VALUES ('x')", ['setup']],
  ['INSERT INTO events SELECT * FROM events WHERE 0', ['setup']],
  ['CREATE TABLE other (a Int8) ENGINE = MergeTree ORDER BY a', ['setup']],
  ['DROP TABLE IF EXISTS other', ['setup']],
  ['CREATE VIEW other_view AS SELECT event_id FROM tracked', ['setup']],
  ['DROP VIEW IF EXISTS other_view', ['setup']],
  [
    'CREATE OR REPLACE VIEW event_other (event_id String) AS SELECT event_id FROM tracked',
    ['setup', 'views'],
  ],
  // Read by the one user of the embedded engine, who may take every role; on a server by the login.
  [
    'CREATE OR REPLACE VIEW event_other (key String) DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT key FROM custom_events_keys.seal_keys',
    ['setup'],
  ],
  ['DROP VIEW IF EXISTS event_other', ['setup', 'views']],
  [
    'CREATE MATERIALIZED VIEW event_other REFRESH EVERY 1 HOUR ENGINE = Memory EMPTY AS SELECT key FROM custom_events_keys.seal_keys',
    ['setup'],
  ],
  ['DROP TABLE IF EXISTS event_other', ['setup', 'views']],
  ['ALTER TABLE events ADD COLUMN IF NOT EXISTS other Int8', ['setup']],
  ['ALTER TABLE events DROP COLUMN IF EXISTS other', ['setup']],
  ["ALTER TABLE events DELETE WHERE event_id = 'nobody'", ['setup', 'eraser']],
  ["DELETE FROM events WHERE event_id = 'nobody'", ['setup', 'eraser']],
  ['ALTER TABLE events APPLY DELETED MASK', ['setup', 'eraser']],
  // docs/sealing.md asks so why something stays sealed text.
  [
    `SELECT key_id, key_id IN (SELECT key_id FROM custom_events_keys.destroyed_keys) AS is_destroyed
     FROM (SELECT arrayJoin(extractAll(properties, 'sealed:v1:([pa][\\w-]{22}):')) AS key_id FROM tracked_unsealed)
     GROUP BY key_id`,
    ['setup', 'unsealer'],
  ],
  ['OPTIMIZE TABLE catalogue', ['eraser']],
  ['OPTIMIZE TABLE events PARTITION 202601 FINAL', ['operator']],
  ['SYSTEM REFRESH VIEW rollup_daily_refresh', ['operator', 'eraser']],
  ['CREATE DATABASE IF NOT EXISTS elsewhere', []],
  ['DROP DATABASE IF EXISTS custom_events', []],
  ['CREATE TEMPORARY TABLE mine (a Int8)', ['setup', 'views']],
  ["SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", []],
  ["SELECT * FROM remote('127.0.0.1:1', custom_events.events)", []],
  ['EXECUTE AS default', []],
  ['EXECUTE AS setup', []],
  ['SET ROLE ALL', []],
  ['set /* */ role full', []],
  ['SELECT 1', EVERYBODY],
  ['SHOW GRANTS', EVERYBODY.filter((role) => role !== 'own')],
  ['SELECT count() FROM system.query_log', EVERYBODY.filter((role) => !READS_ONLY.includes(role))],
  [
    'SELECT count() FROM system.view_refreshes',
    EVERYBODY.filter((role) => !READS_ONLY.includes(role)),
  ],
]

for (const [statement, may] of MATRIX) {
  test(`${statement.slice(0, 70)}: ${may.length === 0 ? 'nobody' : may.join(', ')}`, async () => {
    // First who may not: what they would drop is still there.
    const ordered = EVERYBODY.toSorted((a, b) => Number(may.includes(a)) - Number(may.includes(b)))
    for (const role of ordered) {
      const { status, text } = await world.ask(role, statement)
      if (may.includes(role)) assert.equal(status, 200, `${role}: ${text}`)
      else {
        assert.notEqual(status, 200, `${role} may: ${text}`)
        assert.match(text, /^Code: (497|164|344|48)\./, `${role}: ${text}`)
      }
    }
  })
}

test('SHOW GRANTS shows what the role of the login may, and nothing of others', async () => {
  for (const role of ['reader', 'operator'] as const) {
    const { text } = await world.ask(role, 'SHOW GRANTS')
    assert.match(text, new RegExp(`SELECT ON custom_events\\.catalogue TO ${role}$`, 'm'))
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(` TO ${role}`)),
      [],
    )
  }
})

test('audit names the login that a command used, not the one user of the embedded engine', async () => {
  await using clickhouse = createClickHouse({
    ...world.environmentOf('eraser'),
    CLICKHOUSE_DATABASE: 'custom_events',
  })
  await audits(clickhouse)
  const { text } = await world.ask('operator', 'SELECT DISTINCT login FROM audit FINAL')
  assert.ok(text.split('\n').includes('eraser'), text)
})

test('limits of who only reads cannot be lifted', async () => {
  for (const role of ['reader', 'own'] as const) {
    for (const setting of [
      'readonly = 0',
      'max_execution_time = 0',
      'max_memory_usage = 0',
      'max_rows_to_read = 0',
      'max_memory_usage = 100000000000',
      'max_execution_time/* a */ = 0',
      'max_rows_to_read -- a\n= 0',
      'apply_deleted_mask = 0',
      ...(role === 'own'
        ? [
            'use_skip_indexes',
            'apply_row_policy_after_final',
            'output_format_arrow_low_cardinality_as_dictionary',
          ]
        : []),
    ]) {
      const { status, text } = await world.ask(role, `SELECT 1 SETTINGS ${setting}`)
      assert.notEqual(status, 200, `${role}: ${setting}`)
      assert.match(text, /^Code: (452|164)\./, `${role}: ${setting}: ${text}`)
    }
    const less = await world.ask(role, 'SELECT 1 SETTINGS max_execution_time = 5')
    assert.equal(less.status, 200, less.text)
  }
})

test('whose rows are hidden is shown to nobody who only reads, though they are still in the parts', async () => {
  const gone = "SELECT count() FROM events WHERE event_id = 'hidden'"
  await world.ask(
    'full',
    "INSERT INTO events (group_id, event, timestamp, event_id) VALUES ('acme', 'e', '2026-02-05 10:00:00', 'hidden'), ('acme', 'e', '2026-02-05 10:00:01', 'seen')",
  )
  await world.ask('full', "DELETE FROM events WHERE event_id = 'hidden'")
  assert.equal((await world.ask('full', `${gone} SETTINGS apply_deleted_mask = 0`)).text, '1\n')
  const ways: readonly (readonly [sql: string, search: Readonly<Record<string, string>>])[] = [
    [`${gone} SETTINGS apply_deleted_mask = 0`, {}],
    [gone, { apply_deleted_mask: '0' }],
  ]
  for (const role of ['reader', 'own', 'unsealer'] as const) {
    assert.equal((await world.ask(role, gone)).text, '0\n')
    for (const [sql, search] of ways) {
      const { text } = await world.ask(role, sql, search)
      assert.match(text, /^Code: 452\./, `${role}: ${text}`)
    }
  }
})

test('a wrong password, or that of another, is refused', async () => {
  const writer = world.environmentOf('writer')
  const reader = world.environmentOf('reader')
  for (const [user, password] of [
    ['writer', 'x'],
    ['writer', ''],
    ['writer', reader.CLICKHOUSE_PASSWORD],
    ['account', ''],
    ['account-acme', ''],
    ['account-acme', writer.CLICKHOUSE_PASSWORD],
    ['nobody', ''],
    ['constructor', ''],
  ]) {
    const headers = { 'x-clickhouse-user': user ?? '', 'x-clickhouse-key': password ?? '' }
    const response = await fetch(`${world.url}/?query=SELECT+1`, { headers })
    assert.equal(response.status, 403, `${user}: ${await response.text()}`)
  }
})
