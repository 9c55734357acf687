import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createClickHouse, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

const FOLDER = new URL('../../docs/queries/', import.meta.url)

let stack: Servers
let clickhouse: ClickHouse
before(async () => {
  stack = await servers()
  clickhouse = createClickHouse({
    ...stack.environment,
    CLICKHOUSE_DATABASE: `queries_${randomUUID().slice(0, 8)}`,
  })
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  await clickhouse.command(`
    INSERT INTO events (group_id, event, timestamp, event_id, user_id, anonymous_id, set_sent_at, set_received_at,
                        set_inserted_at, properties, context, extra, source, kafka_partition, version)
    VALUES ${ROWS.map(rowOf).join(', ')}`)
  await clickhouse.command(REJECTED)
  await clickhouse.command(DEAD_LETTERS)
})
after(async () => {
  await clickhouse.command(`DROP DATABASE ${clickhouse.database}`)
  await clickhouse[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

/** [account, event, day and time, id, user, properties]; nothing here needs quoting. */
const ROWS = [
  ['acme', 'trial_started', '2026-03-02 09:00:00', 'a1', 'ann', '{}'],
  ['acme', 'teammate_invited', '2026-03-03 09:00:00', 'a2', 'ann', '{}'],
  ['acme', 'subscription_started', '2026-03-05 09:00:00', 'a3', 'ann', '{}'],
  ['acme', 'trial_started', '2026-03-02 10:00:00', 'a4', 'bob', '{}'],
  ['acme', 'teammate_invited', '2026-03-20 10:00:00', 'a5', 'bob', '{}'], // too late for the funnel
  ['bolt', 'trial_started', '2026-03-02 11:00:00', 'b1', 'cid', '{}'],
  ['bolt', 'feature_used', '2026-03-10 11:00:00', 'b2', 'cid', '{"feature_name":"export"}'],
  ['bolt', 'feature_used', '2026-03-17 11:00:00', 'b3', 'cid', '{"feature_name":"export"}'],
  ['acme', 'feature_used', '2026-03-10 12:00:00', 'a6', 'ann', '{"feature_name":"search"}'],
  ['acme', 'feature_used', '2026-03-10 12:00:00', 'a6', 'ann', '{"feature_name":"export"}'], // an update
  // Where Date and DateTime wrap, within a second.
  ['acme', 'trial_started', '1969-12-31 23:59:59.500', 'a7', 'dot', '{}'],
  ['acme', 'teammate_invited', '1970-01-01 00:00:00.200', 'a8', 'dot', '{}'],
] as const

function rowOf(row: (typeof ROWS)[number], offset: number): string {
  const [account, event, at, id, user, properties] = row
  const received = `toDateTime64('2026-03-21 00:00:00', 3, 'UTC') + INTERVAL ${offset} SECOND`
  return `('${account}', '${event}', '${at}', '${id}', '${user}', NULL,
    ${received} - INTERVAL 2 SECOND, ${received}, ${received} + INTERVAL 500 MILLISECOND,
    '${properties}', '{}', '{}', '', 0, ${offset})`
}

/** Each twice: as it was refused, and, of some, as a replay ended it. */
const REJECTED = `
  INSERT INTO rejected_events (code, received_at, request_id, \`index\`, resolution, version) VALUES
    ('missing_event', '2026-03-21 00:00:00', 'r', 0, NULL, 1),
    ('missing_event', '2026-03-21 00:00:00', 'r', 1, NULL, 2),
    ('missing_event', '2026-03-21 00:00:00', 'r', 1, 'replayed', 9)`
const DEAD_LETTERS = `
  INSERT INTO dead_letters (source_offset, error_code, headers, version) VALUES
    (1, '469', {}, 1), (1, '469', {'custom-events.resolution': 'superseded'}, 9),
    (2, '469', {}, 2), (2, '469', {'custom-events.resolution': 'replayed'}, 8)`

const expectedByFile: Readonly<Record<string, readonly object[]>> = {
  '01-events-per-day.sql': [
    { group_id: 'acme', day: '1969-12-31', event: 'trial_started', events: '1' },
    { group_id: 'acme', day: '1970-01-01', event: 'teammate_invited', events: '1' },
    { group_id: 'acme', day: '2026-03-02', event: 'trial_started', events: '2' },
    { group_id: 'acme', day: '2026-03-03', event: 'teammate_invited', events: '1' },
    { group_id: 'acme', day: '2026-03-05', event: 'subscription_started', events: '1' },
    { group_id: 'acme', day: '2026-03-10', event: 'feature_used', events: '1' },
    { group_id: 'acme', day: '2026-03-20', event: 'teammate_invited', events: '1' },
    { group_id: 'bolt', day: '2026-03-02', event: 'trial_started', events: '1' },
    { group_id: 'bolt', day: '2026-03-10', event: 'feature_used', events: '1' },
    { group_id: 'bolt', day: '2026-03-17', event: 'feature_used', events: '1' },
  ],
  '02-active-users.sql': [
    { day: '1969-12-31', users: '1', accounts: '1' },
    { day: '1970-01-01', users: '1', accounts: '1' },
    { day: '2026-03-02', users: '3', accounts: '2' },
    { day: '2026-03-03', users: '1', accounts: '1' },
    { day: '2026-03-05', users: '1', accounts: '1' },
    { day: '2026-03-10', users: '2', accounts: '2' },
    { day: '2026-03-17', users: '1', accounts: '1' },
    { day: '2026-03-20', users: '1', accounts: '1' },
  ],
  '03-funnel.sql': [{ started: '4', invited: '2', subscribed: '1', conversion: 0.25 }],
  '04-weekly-retention.sql': [
    { cohort: '1969-12-29', users: '1', after_1_week: '0', after_2_weeks: '0', after_3_weeks: '0' },
    { cohort: '2026-03-02', users: '3', after_1_week: '2', after_2_weeks: '2', after_3_weeks: '0' },
  ],
  '05-feature-adoption.sql': [
    { feature_name: 'export', accounts: '2', users: '2', uses: '3', share_of_accounts: 1 },
  ],
  '06-delay.sql': [
    {
      hour: '2026-03-21 00:00:00',
      events: '11',
      p50_seconds: 0.5,
      p95_seconds: 0.5,
      max_seconds: 0.5,
      median_clock_offset_seconds: 2,
    },
  ],
  '07-open-refusals.sql': [
    {
      kind: 'rejected',
      reason: 'missing_event',
      refused: '2',
      open: '1',
      replayed: '1',
      superseded: '0',
    },
    {
      kind: 'dead letter',
      reason: '469',
      refused: '2',
      open: '0',
      replayed: '1',
      superseded: '1',
    },
  ],
}

for (const file of readdirSync(FOLDER)) {
  test(`the example query ${file} answers its question`, async () => {
    const sql = readFileSync(new URL(file, FOLDER), 'utf8')
    assert.match(sql, /^-- .*\?$/m, 'begins with the question it answers')
    const rows = await clickhouse.query<object>(sql.trim().replace(/;$/, ''))
    assert.deepEqual(rows, expectedByFile[file])
  })
}

for (const page of ['analysts', 'operators', 'runbook']) {
  const text = readFileSync(new URL(`../${page}.md`, FOLDER), 'utf8')
  const blocks = [...text.matchAll(/^```sql\n([^]*?)^```$/gm)].flatMap(([, sql = '']) =>
    sql.trim().split(/;\s*\n/),
  )
  // What a reader has to fill in is marked by an ellipsis.
  const inline = [...text.matchAll(/`(SELECT [^`…]+)`/g)].map(([, sql = '']) => sql)

  test(`ClickHouse takes every statement in docs/${page}.md`, async () => {
    assert.ok(blocks.length + inline.length > 0)
    for (const sql of [...blocks, ...inline]) {
      // In the database of this test, which is not called as the default is.
      const here = sql.replaceAll('custom_events.', `${clickhouse.database}.`).trim()
      // The client asks for a format of its own, which SYSTEM does not take.
      if (here.startsWith('SYSTEM')) await clickhouse.command(here.replace(/;$/, ''))
      else await clickhouse.query(here.replace(/;$| FORMAT \w+$/, ''))
    }
  })
}
