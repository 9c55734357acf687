import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePlans, createPlanSet, EVENT_FIELDS } from '@custom-events/event'
import { bodyOf, SINGLE } from '../../../../bench/bodies.ts'
import { jsonTestSuite, naughtyStrings } from '../../../../test/hostile/corpora.ts'
import {
  createJudges,
  isOnFastPath,
  outcomeOf,
  settings,
  type Judges,
  type Sent,
} from '../testing/fuzz/both-ways.fixture.ts'
import { codesNotMet, compare, fuzz } from '../testing/fuzz/fuzz.fixture.ts'
import { ONE_AT_A_TIME } from '../testing/fuzz/one-at-a-time.fixture.ts'
import { reportOf } from '../testing/fuzz/report.fixture.ts'
import { readEnvelope } from '../request/envelope.ts'
import { eventText } from '../testing/test-support.ts'
import { ANYBODY } from '../auth/write-keys.ts'

const withoutPlans = createJudges()

async function assertSame(sent: Sent, judges: Judges = withoutPlans): Promise<void> {
  const found = await compare(sent, judges, { ways: ['reference', 'fast'] })
  // Not compared by assert: to tell how two texts of 10,000 characters differ takes it minutes.
  if (found !== null) assert.fail(reportOf(found))
}

const json = (text: string | Buffer): Sent => ({ bytes: Buffer.from(text), headers: {} })

/** Others: FUZZ_SEED=7; more of them: npm run fuzz. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const EVENTS = 15_000

test('any body is judged and encoded in its bytes as it is on the reference path', async (t) => {
  const { progress, disagreement } = await fuzz({ seed: SEED, events: EVENTS })
  if (disagreement !== null) assert.fail(reportOf(disagreement))
  const { byStatus, onFastPath, refused } = progress
  assert.ok(onFastPath > 500 && byStatus.accepted > 500 && refused > 500)
  t.diagnostic(
    `seed ${SEED}, ${progress.events} events: ${JSON.stringify({ ...byStatus, onFastPath, refused })}`,
  )
  assert.deepEqual(codesNotMet(progress), [])
})

test('one unusual thing in a usual event means the same both ways', async () => {
  for (const event of ONE_AT_A_TIME) {
    for (const audience of ['own', 'sdk'] as const) {
      await assertSame({ ...json(event), audience })
      await assertSame({ ...json(`[${eventText()},${event}]`), audience })
    }
  }
})

test('an event as large as one may be is no larger in its bytes than on the reference path', async () => {
  const { maxEventBytes } = settings.rules
  for (const account of ['account_1', 'x'.repeat(128), '😀'.repeat(128)]) {
    for (let missing = -40; missing < 760; missing += 40) {
      const pad = 'x'.repeat(maxEventBytes - missing - 2 * Buffer.byteLength(account))
      const rest = { group_id: undefined, context: { group_id: account }, properties: { pad } }
      const sent = json(eventText(rest))
      const [reference, fast] = [
        await outcomeOf('reference', sent, withoutPlans),
        await outcomeOf('fast', sent, withoutPlans),
      ]
      // Not the whole outcomes: they are as large as the event.
      assert.equal(
        fast.judged[0]?.verdict.status,
        reference.judged[0]?.verdict.status,
        `${missing}`,
      )
    }
  }
})

test('what a tracking plan says is said both ways', async () => {
  const schema = {
    'x-event': 'feature_used',
    type: 'object',
    properties: { seats: { type: 'integer' }, plan: { type: 'string', 'x-pii': true } },
    required: ['seats'],
  }
  for (const mode of ['off', 'warn', 'enforce'] as const) {
    const plans = compilePlans([{ name: 'a.json', text: JSON.stringify(schema) }])
    for (const unplanned of ['allow', 'warn', 'reject'] as const) {
      const set = createJudges(createPlanSet(plans, { defaultMode: mode, unplanned }))
      for (const event of ['feature_used', 'Feature Used', 'other']) {
        for (const properties of [{ seats: 1 }, { seats: 'x' }, {}, undefined]) {
          await assertSame(json(`[${eventText({ event, properties })}]`), set)
        }
      }
    }
  }
})

test('hostile JSON is judged and encoded in its bytes as it is on the reference path', async () => {
  const bases = [eventText({ properties: { a: 1 } }), eventText({ context: { a: 1 } })]
  for (const { bytes } of jsonTestSuite()) {
    await assertSame(json(bytes))
    for (const base of bases) {
      const [before = '', behind = ''] = base.split('1}')
      const event = Buffer.concat([Buffer.from(before), bytes, Buffer.from(`}${behind}`)])
      await assertSame(json(event))
      await assertSame(json(Buffer.concat([Buffer.from(`[${base},`), event, Buffer.from(']')])))
    }
  }
  for (const text of naughtyStrings()) {
    for (const name of ['event', 'group_id', 'event_id', 'timestamp', 'user_id', 'type', text]) {
      await assertSame(json(`{"batch":[${eventText({ [name]: text })}]}`))
    }
    await assertSame(json(eventText({ properties: { [text]: text } })))
  }
})

/** Asserts that every event of a body from an SDK is judged in its bytes; returns their warnings. */
async function warningsOnFastPath(sent: string | Buffer): Promise<readonly unknown[]> {
  const judged = await withoutPlans.fast({
    requestId: 'r',
    key: ANYBODY,
    audience: 'sdk',
    receivedAt: Date.now(),
    isStrict: false,
    headers: {},
    envelope: readEnvelope(Buffer.from(sent), undefined, settings.limits),
  })
  assert.ok(judged.length > 0)
  return judged.flatMap((one) => {
    assert.ok(isOnFastPath(one), sent.toString())
    return one.verdict.status === 'accepted' ? one.verdict.warnings : []
  })
}

test('usual events do take the fast path, with every way of sending them', async () => {
  const usual = eventText({ properties: { a: 'é', b: [1, -2.5, true, null, { c: '\\"\n' }] } })
  const segment = JSON.stringify({
    type: 'track',
    event: 'a',
    properties: {},
    context: { groupId: 'a', library: { name: 'x' } },
    integrations: {},
    messageId: 'm-1',
    timestamp: '2024-02-29T10:15:20+01:00',
    userId: 'u',
    anonymousId: null,
    _metadata: { nodeVersion: '24' },
  })
  for (const text of [
    usual,
    `[${usual},${segment}]`,
    `{"events":[${usual}]}`,
    ` { "batch" : [ ${segment} , ${usual} ] , "sentAt" : "2026-01-01T00:00:00.000Z", "writeKey":"k" } `,
    `{"batch":[${usual}],"timestamp":"2026-01-01T00:00:00.000Z","sequence":1,"messageId":null}`,
  ]) {
    assert.deepEqual(await warningsOnFastPath(text), [])
  }
})

test('bodies as SDKs write them take the fast path, those that the bench measures too', async () => {
  for (const sdk of ['Segment', 'RudderStack'] as const) {
    const sent = bodyOf({ ...SINGLE, eventsPerBody: 3, sdk }, 0)
    assert.deepEqual(await warningsOnFastPath(sent), [], sdk)
  }
  const people = { user_id: undefined, userId: '', anonymousId: 'visitor 1' }
  const stranger = eventText({ ...people, type: 'track', integrations: { All: true } })
  assert.deepEqual(await warningsOnFastPath(`{"batch":[${stranger}]}`), [
    { code: 'empty_id', pointer: '/batch/0/userId' },
  ])
})

test('an event takes the fast path under every name of the contract', async () => {
  const usual: Readonly<Record<string, unknown>> = {
    event: 'feature_used',
    group_id: 'account_1',
    user_id: 'user_1',
    timestamp: '2025-05-31T01:02:03.456Z',
  }
  const values = { text: 'a-1', time: '2025-05-31T01:02:03Z', json: {} }
  const { group_id: _, ...withoutAccount } = usual
  for (const { name, names, stored, kind } of EVENT_FIELDS) {
    for (const alias of names) {
      const { [name]: value = values[stored], ...others } = usual
      assert.deepEqual(await warningsOnFastPath(JSON.stringify({ ...others, [alias]: value })), [])
      if (kind !== 'account') continue
      const inContext = { ...withoutAccount, context: { [alias]: 'account_1' } }
      assert.deepEqual(await warningsOnFastPath(JSON.stringify(inContext)), [])
    }
  }
})
