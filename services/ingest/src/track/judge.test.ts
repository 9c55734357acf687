import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createErasedIds,
  erasedIdOf,
  erasedKey,
  FastEvent,
  NO_PLAN_SET,
  type IdKind,
} from '@custom-events/event'
import { Slices } from '../admission/slices.ts'
import { ANYBODY } from '../auth/write-keys.ts'
import { callOf } from '../testing/call.fixture.ts'
import { BAD_EVENT, eventText, TOPICS } from '../testing/test-support.ts'
import { ingestSettings } from '../settings.ts'
import { contextOf, createJudge } from './judge.ts'
import type { Judged } from './verdicts.ts'

const { rules } = ingestSettings(TOPICS, 12)
const plans = { current: NO_PLAN_SET }
const statusOf = ({ verdict }: Judged): string => verdict.status
const LIST = `[${eventText()},${BAD_EVENT},${eventText({ event_id: 'e-3' })}]`

test('every event has a verdict, in the order in which it was sent', async () => {
  const judged = await createJudge({ plans, rules })(callOf(LIST))
  assert.deepEqual(judged.map(statusOf), ['accepted', 'rejected', 'accepted'])
  assert.deepEqual(
    judged.map(({ input }) => input.index),
    [0, 1, 2],
  )
})

test('a usual event is judged where it lies only where that is wanted, with the same verdict', async () => {
  const [plain] = await createJudge({ plans, rules })(callOf(eventText()))
  const [fast] = await createJudge({ plans, rules, hasFastPath: true })(callOf(eventText()))
  assert.ok(plain?.verdict.status === 'accepted' && fast?.verdict.status === 'accepted')
  assert.ok(fast.verdict.event instanceof FastEvent)
  assert.ok(!(plain.verdict.event instanceof FastEvent))
  for (const field of [
    'event',
    'group_id',
    'user_id',
    'event_id',
    'timestamp',
    'properties',
  ] as const) {
    assert.equal(fast.verdict.event[field], plain.verdict.event[field], field)
  }
})

test('few events are judged at once, many while others have their turn, with the same verdicts', async () => {
  const judge = createJudge({ plans, rules, hasFastPath: true })
  const few = judge(callOf(LIST))
  assert.ok(Array.isArray(few), 'no promise')
  const many = Array.from({ length: 500 }, (_, at) =>
    at % 100 === 7 ? BAD_EVENT : eventText({ event_id: `e-${at}` }),
  )
  const slices = new Slices()
  const later = judge(callOf(`[${many.join()}]`, { slot: { slices, end: () => {} } }))
  assert.ok(later instanceof Promise)
  const judged = await later
  assert.equal(judged.length, 500)
  assert.deepEqual(
    judged.flatMap(({ verdict }, at) => (verdict.status === 'rejected' ? [at] : [])),
    [7, 107, 207, 307, 407],
  )
})

test('a short body of usual events pauses after 4 ms, an unusual or a long one after 1 ms', async (t) => {
  let startedMs = 0
  const clock = t.mock.method(performance, 'now', () => startedMs)
  const pauses = async (tookMs: number, events: readonly string[], isLong = false) => {
    startedMs = 0
    const slot = isLong ? { slices: new Slices(), end: () => {} } : null
    const judging = createJudge({ plans, rules, hasFastPath: true })
    const call = callOf(`[${events.join()}]`, { slot })
    clock.mock.mockImplementationOnce(() => 0) // when its slice begins
    if (isLong) performance.now()
    startedMs = tookMs
    let isPaused = false
    const turn = setImmediate(() => (isPaused = true))
    await judging(call)
    clearImmediate(turn)
    return isPaused
  }
  const usual = Array.from({ length: 100 }, (_, at) => eventText({ event_id: `e-${at}` }))
  const unusual = [BAD_EVENT, ...usual]
  assert.deepEqual(
    [await pauses(0.5, unusual), await pauses(2, usual), await pauses(4, usual)],
    [false, false, true],
  )
  assert.deepEqual([await pauses(2, unusual), await pauses(2, usual, true)], [true, true])
})

test('a key that is bound to one account judges its own events only', async () => {
  const key = { ...ANYBODY, groupIds: new Set(['account_456']) }
  const other = eventText({ group_id: 'account_1' })
  const judged = await createJudge({ plans, rules })(callOf(`[${eventText()},${other}]`, { key }))
  assert.deepEqual(judged.map(statusOf), ['accepted', 'rejected'])
})

test('the plans that are in force when the request comes hold for all of its events', async () => {
  const seen: unknown[] = []
  const counting = {
    ...NO_PLAN_SET,
    check: ((...given: Parameters<typeof NO_PLAN_SET.check>) => {
      seen.push(given)
      changing.current = NO_PLAN_SET // they change under the request
      return NO_PLAN_SET.check(...given)
    }) as typeof NO_PLAN_SET.check,
  }
  const changing = { current: counting as typeof NO_PLAN_SET }
  await createJudge({ plans: changing, rules })(callOf(LIST))
  assert.equal(seen.length, 3)
})

test('sent_at is what the body says; a header counts only where it says nothing', () => {
  const headers = { sentat: '2026-01-01T00:00:00Z', 'idempotency-key': 'once' }
  const inBody = callOf(`{"batch":[${eventText()}],"sentAt":"2026-01-02T00:00:00Z"}`, { headers })
  assert.deepEqual(contextOf(inBody).sentAt, { value: '2026-01-02T00:00:00Z', pointer: '/sentAt' })
  const inHeader = contextOf(callOf(eventText(), { headers }))
  assert.deepEqual(inHeader.sentAt, { value: '2026-01-01T00:00:00Z', pointer: '' })
  assert.equal(inHeader.idempotencyKey, 'once')
  assert.equal(contextOf(callOf(eventText(), { headers: { sentat: '' } })).sentAt, null)
})

function erasedWith(kind: IdKind, id: string) {
  const ids = createErasedIds()
  const known = erasedIdOf(kind, id)
  const spans = [{ timestampBefore: null, receivedBefore: null }]
  ids.set(erasedKey(known), { ...known, spans, erasureId: 'e', askedBy: '', askedAt: 0 })
  return ids
}

test('an event of somebody who was erased is ignored with the reason, on both paths', async () => {
  const erased = erasedWith('user', 'u-gone')
  const body = `[${eventText({ user_id: 'u-gone' })},${eventText({ user_id: 'u-here' })}]`
  for (const hasFastPath of [true, false]) {
    const judged = await createJudge({ plans, rules, erased, hasFastPath })(callOf(body))
    assert.deepEqual(judged.map(statusOf), ['ignored', 'accepted'])
    const [first] = judged
    assert.ok(first?.verdict.status === 'ignored')
    assert.deepEqual(first.verdict.reason, {
      code: 'erased',
      detail: 'the user of the event was erased: nothing of it is kept',
    })
  }
  const number = eventText().replace(/"user_id":"[^"]*"/, '"user_id":42')
  const [asNumber] = await createJudge({ plans, rules, erased: erasedWith('user', '42') })(
    callOf(number),
  )
  assert.equal(asNumber?.verdict.status, 'ignored', 'a number is its digits')
})

test('whether an account is erased is told to nobody who may not write it', async () => {
  const erased = erasedWith('group', 'theirs')
  const key = { ...ANYBODY, groupIds: new Set(['ours']) }
  const judge = createJudge({ plans, rules, erased })
  const [theirs] = await judge(callOf(eventText({ group_id: 'theirs' }), { key }))
  assert.ok(theirs?.verdict.status === 'rejected')
  assert.equal(theirs.verdict.problems[0]?.code, 'key_scope')
})

test('an event that is not valid is ignored, too, where an erased id can be read in it', async () => {
  const bad = { timestamp: 'yesterday' }
  const sent = eventText({ ...bad, user_id: 'u-gone', anonymous_id: 'a-gone' })
  const many = `[${[sent, ...Array.from({ length: 300 }, () => eventText(bad))].join()}]`
  for (const [kind, id] of [
    ['user', 'u-gone'],
    ['group', 'account_456'],
    ['anonymous', 'a-gone'],
  ] as const) {
    const erased = erasedWith(kind, id)
    for (const hasFastPath of [true, false]) {
      const judge = createJudge({ plans, rules, erased, hasFastPath })
      const slot = { slices: new Slices(), end: () => {} }
      for (const call of [callOf(sent), callOf(many, { slot })]) {
        const [first] = await judge(call)
        assert.ok(first?.verdict.status === 'ignored', kind)
        assert.equal(first.verdict.reason.code, 'erased')
      }
      const [other] = await judge(callOf(eventText({ ...bad, group_id: 'g', user_id: 'u' })))
      assert.equal(other?.verdict.status, 'rejected')
      const [unreadable] = await judge(callOf('["u-gone"]'))
      assert.equal(unreadable?.verdict.status, 'rejected', 'no id can be read in it')
    }
  }
})
