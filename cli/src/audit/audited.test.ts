import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { fix } from '../step.ts'
import { audited } from './audited.ts'

/** ClickHouse in memory that takes so many rows of `audit`. */
function fakeAudit(rows: number) {
  const outcomes: unknown[] = []
  return {
    outcomes,
    clickhouse: {
      user: 'eraser',
      query: async <Row>() => [{ now: '2026-01-01 00:00:00.000' }] as Row[],
      command: async (_: string, params: Readonly<Record<string, unknown>> = {}) => {
        if (outcomes.length >= rows) throw new Error('read-only')
        outcomes.push(params['outcome'])
      },
    },
  }
}

const command = { command: 'erase', args: {} }
const tell = () => ({ outcome: 'done' as const, counts: { rows: 1 } })

test('what cannot be written down is not done', async () => {
  const { clickhouse } = fakeAudit(0)
  let isDone = false
  const run = async () => {
    isDone = true
  }
  await assert.rejects(audited(clickhouse, command, { run, tell }), /read-only/)
  assert.equal(isDone, false)
})

test('who may not write into audit is told what to grant', async () => {
  const message = 'Code: 497. DB::Exception: eraser: Not enough privileges. INSERT ON db.audit'
  const refused = { code: 497, status: 403, network: null, message }
  const clickhouse = {
    ...fakeAudit(0).clickhouse,
    command: () => Promise.reject(new ClickHouseFailure('writing into audit', refused)),
  }
  const config = { CLICKHOUSE_URL: 'http://c:8123', CLICKHOUSE_USER: 'eraser' }
  const run = () => Promise.reject(new Error('it was done all the same'))
  await assert.rejects(audited(clickhouse, command, { run, tell, fix: fix.clickhouse(config) }), {
    name: 'StepError',
    message:
      /writing it into the table audit failed: .*db\.audit\n  fix: run it as the user whose job .*; if that is eraser, grant .*rights\.md/,
  })
})

test('an end is written of what went well, and of what failed', async () => {
  const { clickhouse, outcomes } = fakeAudit(4)
  assert.equal(await audited(clickhouse, command, { run: async () => 7, tell }), 7)
  const run = () => Promise.reject(new Error('disk full'))
  await assert.rejects(audited(clickhouse, command, { run, tell }), /disk full/)
  assert.deepEqual(outcomes, ['begun', 'done', 'begun', 'failed'])
})

test('what failed is told without ids', async () => {
  const messages: unknown[] = []
  const clickhouse = {
    ...fakeAudit(0).clickhouse,
    command: async (_: string, params: Readonly<Record<string, unknown>> = {}) =>
      void messages.push(params['message']),
  }
  const run = () => Promise.reject(new Error('account-acme is there: acme'))
  const done = audited(clickhouse, command, { run, tell, hidden: ['account-acme', 'acme'] })
  await assert.rejects(done, /acme/)
  assert.deepEqual(messages, ['', '… is there: …'])
})

test('an end that cannot be written is told, with what was done', async () => {
  const { clickhouse } = fakeAudit(1)
  await assert.rejects(
    audited(clickhouse, command, { run: async () => 7, tell }),
    /it is done, but the table audit does not have its end \(id [-0-9a-f]{36}\): read-only/,
  )
})
