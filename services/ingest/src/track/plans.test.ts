import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePlans, createPlanSet, type PlanRules } from '@custom-events/event'
import { countOf, eventText, startTestIngest } from '../testing/test-support.ts'

const upgraded = {
  'x-event': 'upgraded',
  'x-mode': 'enforce',
  type: 'object',
  properties: {
    plan: { enum: ['free', 'pro'] },
    seats: { type: 'integer' },
    email: { type: 'string', format: 'email', 'x-pii': true },
  },
  required: ['plan'],
}
const viewed = { 'x-event': 'viewed', type: 'object', properties: { page: { type: 'string' } } }

function start(rules: Partial<PlanRules> = {}) {
  const files = [upgraded, viewed].map((plan, index) => ({
    name: `${index}.json`,
    text: JSON.stringify(plan),
  }))
  const current = createPlanSet(compilePlans(files), {
    defaultMode: 'warn',
    unplanned: 'allow',
    ...rules,
  })
  return startTestIngest({ plans: { current } })
}

const upgrade = (properties: unknown, changes: object = {}) =>
  eventText({ event: 'upgraded', properties, ...changes })

test('an event that breaks an enforced plan is rejected with pointers into the body as sent', async () => {
  await using ingest = await start()
  const alone = await ingest.post(upgrade({ plan: 'gold', seats: 1.5 }))
  assert.equal(alone.status, 400)
  assert.equal(alone.body.code, 'validation_failed')
  assert.deepEqual(alone.body.results[0].errors, [
    {
      pointer: '/properties/plan',
      code: 'plan_violation',
      detail: 'breaks the tracking plan: expected one of "free", "pro"',
      expected: 'one of "free", "pro"',
      got: 'string "gold"',
      suggestion: 'Send what the plan expects, or have the plan changed.',
    },
    {
      pointer: '/properties/seats',
      code: 'plan_violation',
      detail: 'breaks the tracking plan: expected integer',
      expected: 'integer',
      got: 'number 1.5',
      suggestion: 'Send what the plan expects, or have the plan changed.',
    },
  ])
  const good = upgrade({ plan: 'pro' })
  const batch = await ingest.post(`{"batch":[${good},${good},${good},${upgrade({})}]}`)
  assert.equal(batch.status, 200)
  assert.equal(batch.body.code, 'partial_rejection')
  assert.equal(batch.body.results[3].errors[0].pointer, '/batch/3/properties/plan')
  assert.equal(ingest.events().length, 3)
  const kept = ingest.rejectedEvents()
  assert.deepEqual(
    kept.map(({ code, pointer, event }) => [code, pointer, event]),
    [
      ['plan_violation', '/properties/plan', 'upgraded'],
      ['plan_violation', '/batch/3/properties/plan', 'upgraded'],
    ],
  )
})

test('a plan that warns keeps the event, with a warning of the same shape, and counts it', async () => {
  await using ingest = await start()
  const { status, body } = await ingest.post(
    eventText({ event: 'viewed', properties: { page: 7 } }),
  )
  assert.equal(status, 200)
  assert.deepEqual(body.results[0].warnings, [
    {
      pointer: '/properties/page',
      code: 'plan_violation',
      detail: 'breaks the tracking plan: expected string',
      expected: 'string',
      got: 'number 7',
    },
  ])
  assert.equal(ingest.events()[0]?.properties, '{"page":7}')
  assert.equal(await countOf(ingest.metrics.planWarnings), 1)
})

test('/v1/validate says what /track would do, with plans and without', async () => {
  await using ingest = await start({ unplanned: 'reject' })
  for (const text of [
    upgrade({ plan: 'gold' }),
    upgrade({ plan: 'pro' }),
    eventText({ event: 'viewed', properties: { page: 7 } }),
    eventText({ event: 'no plan' }),
  ]) {
    const dry = await ingest.post(text, { path: '/v1/validate' })
    const real = await ingest.post(text)
    assert.equal(dry.status, real.status)
    assert.deepEqual(dry.body.results[0].errors, real.body.results[0].errors)
    assert.deepEqual(dry.body.results[0].warnings, real.body.results[0].warnings)
  }
  assert.equal(await countOf(ingest.metrics.planWarnings), 1, 'a dry run is not counted')
})

test('an event without a plan is rejected where that is asked for', async () => {
  await using ingest = await start({ unplanned: 'reject' })
  const { status, body } = await ingest.post(eventText({ event: 'Viewed' }))
  assert.equal(status, 400)
  const [error] = body.results[0].errors
  assert.equal(error.code, 'unplanned_event')
  assert.equal(error.pointer, '/event')
  assert.equal(error.suggestion, 'did you mean viewed?')
})

test('no value marked as PII is told or kept, however it is wrapped, and a line that breaks off ends nothing', async () => {
  await using ingest = await start()
  const secret = 'alice@secret.example'
  const wrapped = JSON.stringify({ email: secret })
  const lines = [
    upgrade(wrapped),
    upgrade([{ email: secret }]),
    JSON.stringify(upgrade({ email: secret })),
    upgrade({ email: secret }).slice(0, -3),
    `{"event":"upgraded","properties":{"email":${'['.repeat(200)}"${secret}"`,
    upgrade({ email: secret }).replace('}', ',"n":NaN}'),
    upgrade({ plan: secret, email: { [secret]: { a: 1 } } }).replace(
      `"plan":"${secret}"`,
      '"plan":5',
    ),
  ]
  const headers = { 'content-type': 'application/x-ndjson' }
  const { status, body } = await ingest.post(lines.join('\n'), { headers })
  assert.deepEqual([status, body.rejected], [400, lines.length])
  assert.doesNotMatch(JSON.stringify(body), /secret/)
  const kept = ingest.rejectedEvents()
  assert.equal(kept.length, lines.length)
  for (const each of kept) {
    assert.doesNotMatch(JSON.stringify(each), /secret/)
    assert.equal(each.raw_truncated, true)
  }
})

test('no value marked as PII is kept of a rejected event, whatever it was rejected for', async () => {
  await using ingest = await start()
  const secret = 'alice@secret.example'
  await ingest.post(upgrade({ email: [secret] }))
  await ingest.post(upgrade({ plan: 'pro', email: secret }, { group_id: undefined }))
  await ingest.post(upgrade({ plan: 'pro', email: secret }, { event_name: 'another' }))
  await ingest.post(eventText({ event: '', properties: { email: secret } }))
  const kept = ingest.rejectedEvents()
  assert.equal(kept.length, 4)
  for (const each of kept) {
    assert.doesNotMatch(JSON.stringify(each), /secret/)
    assert.match(each.raw, /"email":"\[pii\]"/)
    assert.equal(each.raw_truncated, true, 'a replay must not take it for what was sent')
  }
})
