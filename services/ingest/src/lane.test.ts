import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import {
  compilePlans,
  createEventIds,
  createPlanSet,
  LaneEvent,
  NO_PLAN_SET,
  type PlanSet,
} from '@custom-events/event'
import type { OutgoingRecord } from '@custom-events/kafka'
import fc from 'fast-check'
import { jsonTestSuite, naughtyStrings } from '../../../test/hostile/corpora.ts'
import type { Call } from './call.ts'
import { encode } from './encode.ts'
import { readEnvelope, readPlainly } from './envelope.ts'
import { createJudge } from './judge.ts'
import { body, ONE_AT_A_TIME, type Sent } from './lane.fixture.ts'
import { Refusal } from './refusal.ts'
import { ingestSettings } from './settings.ts'
import { eventText, TOPICS } from './test-support.ts'
import type { Judged } from './verdicts.ts'
import { ANYBODY } from './write-keys.ts'

const settings = ingestSettings(TOPICS, 12)
const encoding = { codec: createEventCodec(), schemas: { trackedId: 258 }, settings }
const RECEIVED_AT = Date.UTC(2026, 0, 31)
/** What the bodies led to: the comparison is worth what it compares. */
const met = { inLane: 0, accepted: 0, rejected: 0, refused: 0 }

/** Compiling schemas takes longer than judging thousands of events. */
function judgesOf(plans: PlanSet) {
  const judgeWith = (hasLane: boolean) =>
    createJudge({
      plans: { current: plans },
      rules: settings.rules,
      eventIds: () => createEventIds((pool) => pool.fill(7)),
      hasLane,
    })
  return { lane: judgeWith(true), plain: judgeWith(false) }
}

type Judges = ReturnType<typeof judgesOf>
const withoutPlans = judgesOf(NO_PLAN_SET)

/** Everything that the two ways of reading, judging and encoding a body must agree about. */
async function outcome(
  way: 'lane' | 'plain',
  { bytes, headers, audience = 'own' }: Sent,
  judges: Judges,
) {
  const read = way === 'lane' ? readEnvelope : readPlainly
  try {
    const envelope = read(bytes, headers['content-type'], settings.limits)
    const key = { ...ANYBODY, name: 'wéb' }
    const call: Call = {
      requestId: 'r',
      key,
      audience,
      receivedAt: RECEIVED_AT,
      isStrict: false,
      headers,
      envelope,
    }
    const judged = await judges[way](call)
    for (const { verdict } of judged) {
      if (verdict.status === 'accepted' && verdict.event instanceof LaneEvent) met.inLane += 1
    }
    const { sentAt, key: keyInBody } = envelope
    const records = encode(encoding, judged).map(sentTo)
    return { judged: judged.map(told), records, sentAt, keyInBody }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { code: error.code, message: error.message }
  }
}

function told({ input, verdict }: Judged) {
  const { index, pointer, text, scanned } = input
  const sent = { index, pointer, text: text.slice(scanned.start, scanned.end) }
  if (verdict.status !== 'accepted') return { sent, verdict }
  const { event } = verdict
  const fields = Object.fromEntries(FIELDS.map((name) => [name, event[name]]))
  return { sent, verdict: { ...verdict, event: fields } }
}

function sentTo({ topic, partition, key, value }: OutgoingRecord) {
  return { topic, partition, key, value }
}

const FIELDS = [
  'event_id',
  'event',
  'group_id',
  'user_id',
  'anonymous_id',
  'timestamp',
  'sent_at',
  'received_at',
  'properties',
  'context',
  'extra',
  'source',
] as const

async function assertSame(sent: Sent, plans: Judges = withoutPlans): Promise<void> {
  const [plain, lane] = [await outcome('plain', sent, plans), await outcome('lane', sent, plans)]
  assert.deepEqual(lane, plain)
  if (plain.judged === undefined) met.refused += 1
  for (const { verdict } of plain.judged ?? [])
    if (verdict.status !== 'ignored') met[verdict.status] += 1
}

const json = (text: string | Buffer): Sent => ({ bytes: Buffer.from(text), headers: {} })

test('any body is judged and encoded in its bytes as it is in the plain way', async (t) => {
  await fc.assert(
    fc.asyncProperty(body, (sent) => assertSame(sent)),
    { numRuns: 2_500 },
  )
  t.diagnostic(JSON.stringify(met))
  assert.ok(Object.values(met).every((count) => count > 200))
})

test('one unusual thing in a usual event means the same both ways', async () => {
  for (const event of ONE_AT_A_TIME) {
    for (const audience of ['own', 'sdk'] as const) {
      await assertSame({ ...json(event), audience })
      await assertSame({ ...json(`[${eventText()},${event}]`), audience })
    }
  }
})

test('an event as large as one may be is no larger in its bytes than in the plain way', async () => {
  const { maxEventBytes } = settings.rules
  for (const account of ['account_1', 'x'.repeat(128), '😀'.repeat(128)]) {
    for (let missing = -40; missing < 760; missing += 40) {
      const pad = 'x'.repeat(maxEventBytes - missing - 2 * Buffer.byteLength(account))
      const rest = { group_id: undefined, context: { group_id: account }, properties: { pad } }
      const sent = json(eventText(rest))
      const [plain, lane] = [
        await outcome('plain', sent, withoutPlans),
        await outcome('lane', sent, withoutPlans),
      ]
      // Not the whole outcomes: to tell how two texts of that size differ takes minutes.
      assert.equal(
        lane.judged?.[0]?.verdict.status,
        plain.judged?.[0]?.verdict.status,
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
      const set = judgesOf(createPlanSet(plans, { defaultMode: mode, unplanned }))
      for (const event of ['feature_used', 'Feature Used', 'other']) {
        for (const properties of [{ seats: 1 }, { seats: 'x' }, {}, undefined]) {
          await assertSame(json(`[${eventText({ event, properties })}]`), set)
        }
      }
    }
  }
})

test('hostile JSON is judged and encoded in its bytes as it is in the plain way', async () => {
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

test('usual events do take the lane, with every way of sending them', async () => {
  const judge = createJudge({ ...settings, plans: { current: NO_PLAN_SET }, hasLane: true })
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
  ]) {
    const envelope = readEnvelope(Buffer.from(text), undefined, settings.limits)
    const call = {
      requestId: 'r',
      key: ANYBODY,
      audience: 'sdk' as const,
      receivedAt: RECEIVED_AT,
      isStrict: false,
      headers: {},
    }
    for (const { verdict } of await judge({ ...call, envelope })) {
      const isInLane = verdict.status === 'accepted' && verdict.event instanceof LaneEvent
      assert.ok(isInLane, text)
    }
  }
})
