import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { beginAudit, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 60_000 }

async function openDatabase(): Promise<ClickHouse> {
  const clickhouse = ownDatabase(stack, 'audit')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  return clickhouse
}

test(
  'a command is one row: begun, then as it ended, with who, where and how much',
  SLOW,
  async () => {
    await using clickhouse = await openDatabase()
    const asked = { command: 'erase', args: { group: `it's "x" \n` }, by: 'maria' }
    const ended = await beginAudit(clickhouse, asked)
    await beginAudit(clickhouse, { ...asked, by: undefined })
    await ended.end('failed', { rows: 7 }, 'disk full')
    const rows = await clickhouse.query(
      `SELECT command, arguments, run_by = os_user AS isOsUser, outcome, counts, message, ended_at >= began_at AS isEnded,
       host != '' AND os_user != '' AND login = {login:String} AS isKnown
     FROM audit FINAL ORDER BY outcome`,
      { login: clickhouse.user },
    )
    const args = JSON.stringify(asked.args)
    assert.deepEqual(rows, [
    { command: 'erase', arguments: args, isOsUser: 1, outcome: 'begun', counts: '{}', message: '', isEnded: null, isKnown: 1 },
    { command: 'erase', arguments: args, isOsUser: 0, outcome: 'failed', counts: '{"rows":7}', message: 'disk full', isEnded: 1, isKnown: 1 },
  ]) // prettier-ignore
  },
)

test('which key sent what: events by their last copy, rejects beside them', SLOW, async () => {
  await using clickhouse = await openDatabase()
  const event = (id: string, source: string, version: number, day: string) =>
    JSON.stringify({ group_id: 'g', event: 'e', timestamp: '2026-01-01 00:00:00', event_id: id, source, version, set_received_at: `${day} 10:00:00` }) // prettier-ignore
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, source, version, set_received_at) FORMAT JSONEachRow
     ${[
       event('1', 'web', 1, '2026-02-01'),
       event('1', 'web', 2, '2026-02-01'),
       event('2', 'web', 3, '2026-02-01'),
       event('2', 'app', 4, '2026-02-02'),
       event('3', 'app', 5, '2026-02-02'),
     ].join('\n')}`,
  )
  await clickhouse.command(
    `INSERT INTO rejected_events FORMAT JSONEachRow
     ${JSON.stringify({ request_id: 'r', index: 0, code: 'c', source: 'web', event: 'e', received_at: '2026-02-01 11:00:00' })}
     ${JSON.stringify({ request_id: 'r', index: 1, code: 'c', source: 'web', event: null, received_at: '2026-02-01 11:00:00' })}`,
  )
  const rows = await clickhouse.query(
    `SELECT source, toString(day) AS day, event, toUInt32(events) AS events, toUInt32(rejected) AS rejected
     FROM sent_by_key ORDER BY source, event`,
  )
  assert.deepEqual(rows, [
    { source: 'app', day: '2026-02-02', event: 'e', events: 2, rejected: 0 },
    { source: 'web', day: '2026-02-01', event: '', events: 0, rejected: 1 },
    { source: 'web', day: '2026-02-01', event: 'e', events: 1, rejected: 1 },
  ])
})

test('which login read how much, failures counted', SLOW, async () => {
  await using clickhouse = await openDatabase()
  await clickhouse.query('SELECT number FROM numbers(12345)')
  await assert.rejects(clickhouse.query(`SELECT throwIf(1, 'no')`))
  const [row] = await clickhouse.query<Readonly<Record<string, string>>>(
    `SELECT login, sum(queries) AS queries, sum(failed) AS failed, sum(rows_sent) AS sent FROM query_log_daily
     WHERE day >= yesterday() AND kind = 'Select' AND login = currentUser() GROUP BY login`,
  )
  assert.ok(Number(row?.['queries']) >= 2, JSON.stringify(row))
  assert.ok(Number(row?.['failed']) >= 1, JSON.stringify(row))
  assert.ok(Number(row?.['sent']) >= 12_345, JSON.stringify(row))
})
