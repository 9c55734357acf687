import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProduceOutcome } from '@custom-events/kafka'
import { ANYBODY } from '../auth/write-keys.ts'
import { callOf } from '../testing/call.fixture.ts'
import { BAD_EVENT, eventText } from '../testing/test-support.ts'
import { NO_PLAN_SET } from '@custom-events/event'
import { ingestSettings } from '../settings.ts'
import { TOPICS } from '../testing/test-support.ts'
import { createJudge } from './judge.ts'
import { forbidOtherAccounts, mayProduce, refusalOf, resultsOf, type Produced } from './verdicts.ts'

const judge = createJudge({
  plans: { current: NO_PLAN_SET },
  rules: ingestSettings(TOPICS, 12).rules,
})
const judged = async (...events: readonly string[]) => judge(callOf(`[${events.join()}]`))
const produced = (outcome: ProduceOutcome): Produced => ({
  place: { topic: 'events', partition: 3 },
  outcome,
})
const ACKNOWLEDGED = produced({ status: 'acknowledged', offset: 42 })
const GOOD = eventText({ event_id: 'good' })
const OTHER = eventText({ event_id: 'other', group_id: 'account_1' })

test('each accepted event has the outcome of its own record, whatever lies between them', async () => {
  const results = resultsOf(await judged(GOOD, BAD_EVENT, OTHER), [
    ACKNOWLEDGED,
    produced({ status: 'unacknowledged', reason: 'kafka_unavailable' }),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['accepted', 'rejected', 'retry'],
  )
  const [first, , third] = results
  assert.deepEqual(first?.status === 'accepted' && first.receipt, {
    topic: 'events',
    partition: 3,
    offset: 42,
  })
  assert.deepEqual(third, { status: 'retry', eventId: 'other', reason: 'kafka_unavailable' })
})

test('nothing produced: what was sound may be sent again, for the reason that is given', async () => {
  const [refused, limited] = [
    resultsOf(await judged(GOOD), []),
    resultsOf(await judged(GOOD), [], 'rate_limited'),
  ]
  assert.deepEqual(refused, [{ status: 'retry', eventId: 'good', reason: 'request_refused' }])
  assert.deepEqual(limited, [{ status: 'retry', eventId: 'good', reason: 'rate_limited' }])
})

test('a key that is bound to accounts has every other event rejected, good or bad, and nothing produced', async () => {
  const key = { ...ANYBODY, groupIds: new Set(['account_456']) }
  const bad = eventText({ group_id: 'account_1', event: undefined })
  const bound = forbidOtherAccounts(await judged(GOOD, OTHER, bad, BAD_EVENT), key)
  const codes = bound.map(({ verdict }) =>
    verdict.status === 'rejected' ? verdict.problems[0]?.code : verdict.status,
  )
  assert.deepEqual(codes, ['accepted', 'key_scope', 'key_scope', 'missing_group_id'])
  assert.ok(!mayProduce(bound, false))
  const refusal = refusalOf(resultsOf(bound, []), false)
  assert.equal(refusal?.code, 'key_scope')
})

test('strict: one rejected event keeps all others from being produced', async () => {
  const mixed = await judged(GOOD, BAD_EVENT)
  assert.ok(mayProduce(mixed, false))
  assert.ok(!mayProduce(mixed, true))
  assert.ok(mayProduce(await judged(GOOD), true))
})

test('a request is refused for the worst that became of its events, and only when it must be sent again or mended', async () => {
  const away = produced({ status: 'unacknowledged', reason: 'kafka_unavailable' })
  const full = produced({ status: 'unacknowledged', reason: 'backpressure' })
  const large = produced({ status: 'unacknowledged', reason: 'record_too_large' })
  const code = async (events: readonly string[], outcomes: readonly Produced[], isStrict = false) =>
    refusalOf(resultsOf(await judged(...events), outcomes), isStrict)?.code ?? null
  assert.equal(await code([GOOD], [ACKNOWLEDGED]), null)
  assert.equal(await code([GOOD, BAD_EVENT], [ACKNOWLEDGED]), null)
  assert.equal(await code([GOOD, BAD_EVENT], [ACKNOWLEDGED], true), 'validation_failed')
  assert.equal(await code([BAD_EVENT], []), 'validation_failed')
  assert.equal(await code([GOOD, OTHER], [ACKNOWLEDGED, full]), 'overloaded')
  assert.equal(await code([GOOD, OTHER], [full, away]), 'kafka_unavailable')
  assert.equal(await code([GOOD, BAD_EVENT], [large]), 'kafka_unavailable')
})
