import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sampleEvents } from '../tools/samples.ts'
import { eventually } from './support/eventually.ts'
import { startTestPipeline, type TestPipeline } from './support/pipeline.ts'

interface TrackedRow {
  readonly event: string
  readonly group_id: string
  readonly user_id: string
  readonly timestamp: string
  readonly properties: string
  readonly email: string | null
}

let pipeline: TestPipeline
before(async () => {
  pipeline = await startTestPipeline()
})
after(() => pipeline[Symbol.asyncDispose]())

const rowsOf = (group: string) =>
  pipeline.query<TrackedRow>(
    `SELECT event, group_id, user_id, timestamp, properties, email FROM tracked WHERE group_id = '${group}' ORDER BY timestamp, event`,
  )

test("the source document's three events become the rows an analyst queries", async () => {
  for (const event of sampleEvents) {
    const response = await pipeline.post('/track', event)
    assert.equal(response.status, 200)
    assert.equal(((await response.json()) as { success: boolean }).success, true)
  }
  const rows = await eventually(async () => {
    const found = await pipeline.query<TrackedRow>(
      'SELECT event, group_id, user_id, timestamp, properties, email FROM tracked ORDER BY timestamp',
    )
    assert.equal(found.length, 3)
    return found
  })
  assert.deepEqual(rows, [
    {
      event: 'custom.event_example',
      group_id: 'account_123',
      user_id: 'user_123',
      timestamp: '2023-11-02 00:30:08.276',
      properties: '{"email":"JoeD@example.com","action":"clicked_button"}',
      email: 'JoeD@example.com',
    },
    {
      event: 'subscription_upgraded',
      group_id: 'account_789',
      user_id: 'user_456',
      timestamp: '2023-11-03 10:15:20.123',
      properties: '{"email":"AliceW@example.com"}',
      email: 'AliceW@example.com',
    },
    {
      event: 'feature_used',
      group_id: 'account_456',
      user_id: 'user_789',
      timestamp: '2023-11-04 14:45:30.987',
      properties: '{"email":"BobS@example.com","feature_name":"analytics_dashboard"}',
      email: 'BobS@example.com',
    },
  ])
})

test('the table form (event_name, top-level group_id) gives the identical row', async () => {
  const common = '"user_id":"u","properties":{"a":1},"timestamp":"2023-11-03T10:15:20.123Z"'
  const asObject = `{${common},"event":"same","context":{"group_id":"form_object"}}`
  const asTable = `{${common},"event_name":"same","group_id":"form_table"}`
  assert.equal((await pipeline.post('/track', asObject)).status, 200)
  assert.equal((await pipeline.post('/v1/track', asTable)).status, 200)
  const [fromObject, fromTable] = await eventually(async () => {
    const rows = [...(await rowsOf('form_object')), ...(await rowsOf('form_table'))]
    assert.equal(rows.length, 2)
    return rows
  })
  assert.deepEqual({ ...fromObject, group_id: '' }, { ...fromTable, group_id: '' })
})

test('sending an event again updates it: one row, the last properties', async () => {
  const send = (plan: string) =>
    pipeline.post(
      '/track',
      `{"event":"plan_changed","event_id":"e-1","group_id":"updates","user_id":"u","timestamp":"2024-01-01T00:00:00Z","properties":{"plan":"${plan}"}}`,
    )
  for (const plan of ['free', 'pro', 'team']) assert.equal((await send(plan)).status, 200)
  await eventually(async () => {
    const rows = await rowsOf('updates')
    assert.deepEqual(
      rows.map((row) => row.properties),
      ['{"plan":"team"}'],
    )
  })
})

test('a batch is answered with a verdict per event, and only the accepted ones become rows', async () => {
  const batch = JSON.stringify({
    batch: [
      { event: 'good', group_id: 'mixed', user_id: 'u', timestamp: '2024-01-01T00:00:00Z' },
      { event: 'no_group', user_id: 'u', timestamp: '2024-01-01T00:00:00Z' },
    ],
  })
  const response = await pipeline.post('/v1/track', batch)
  const answer = (await response.json()) as Record<string, unknown>
  assert.equal(response.status, 200)
  assert.equal(answer['success'], false)
  assert.equal(answer['accepted'], 1)
  assert.equal(answer['rejected'], 1)
  await eventually(async () => {
    assert.deepEqual(
      (await rowsOf('mixed')).map((row) => row.event),
      ['good'],
    )
    const rejected = await pipeline.query<{ code: string }>(
      "SELECT code FROM rejected_events WHERE event = 'no_group'",
    )
    assert.deepEqual(rejected, [{ code: 'missing_group_id' }])
  })
})
