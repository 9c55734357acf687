import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from './support/eventually.ts'
import { startTestPipeline, type TestPipeline } from './support/pipeline.ts'

const plan = {
  'x-event': 'seats_changed',
  'x-mode': 'enforce',
  type: 'object',
  properties: {
    seats: { type: 'integer', minimum: 1, 'x-hot': 'UInt32', description: 'Seats paid for.' },
    billing_email: { type: 'string', format: 'email', 'x-pii': true },
  },
  required: ['seats'],
}

const dir = mkdtempSync(join(tmpdir(), 'custom-events-plans-'))
let pipeline: TestPipeline
before(async () => {
  writeFileSync(join(dir, 'seats_changed.json'), JSON.stringify(plan))
  pipeline = await startTestPipeline({ environment: { TRACKING_PLANS_DIR: dir } })
})
after(async () => {
  await pipeline[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true })
})

const event = (properties: object): string =>
  JSON.stringify({ event: 'seats_changed', group_id: 'acme', user_id: 'u', properties })

test('an event that breaks an enforced plan is a row of rejected_events, without its PII', async () => {
  const body = `[${event({ seats: 3 })},${event({ seats: 0, billing_email: 'a@secret.example' })}]`
  const response = await pipeline.post('/track', body)
  assert.equal(response.status, 200)
  const [row] = await eventually(async () => {
    const rows = await pipeline.query<Record<string, string>>(
      'SELECT code, pointer, event, raw, errors FROM rejected_events',
    )
    assert.equal(rows.length, 1)
    return rows
  })
  assert.equal(row?.['code'], 'plan_violation')
  assert.equal(row['pointer'], '/1/properties/seats')
  assert.equal(row['event'], 'seats_changed')
  assert.match(row['raw'] ?? '', /"billing_email":"\[pii\]"/)
  assert.doesNotMatch(JSON.stringify(row), /secret/)
})

test('a property marked hot is a typed column that analysts can query', async () => {
  const response = await pipeline.post('/track', event({ seats: 40 }))
  assert.equal(response.status, 200)
  await eventually(async () => {
    const rows = await pipeline.query<object>(
      'SELECT toTypeName(seats) AS type, toString(sum(seats)) AS sum FROM tracked WHERE seats >= 3 GROUP BY type',
    )
    assert.deepEqual(rows, [{ type: 'Nullable(UInt32)', sum: '43' }])
  })
  const [column] = await pipeline.query<object>(
    `SELECT comment, default_kind FROM system.columns
     WHERE database = currentDatabase() AND table = 'events' AND name = 'seats'`,
  )
  assert.deepEqual(column, { comment: 'Seats paid for.', default_kind: 'MATERIALIZED' })
})

test('ingest does not start with a bad plan: exit 78, every problem on stderr', (t) => {
  const bad = mkdtempSync(join(tmpdir(), 'custom-events-plans-'))
  t.after(() => rmSync(bad, { recursive: true }))
  writeFileSync(join(bad, 'a.json'), '{}')
  writeFileSync(join(bad, 'b.json'), '[')
  const { status, stderr } = spawnSync(process.execPath, ['services/ingest/src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { AUTH_MODE: 'off', TRACKING_PLANS_DIR: bad, OPS_PORT: '0', PORT: '0' },
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(status, 78, stderr)
  assert.match(stderr, /TRACKING_PLANS_DIR[^]*a\.json \/type[^]*a\.json \/x-event[^]*b\.json/)
})
