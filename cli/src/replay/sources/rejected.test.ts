import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec, createRejectedCodec, type RejectedEvent } from '@custom-events/codec'
import {
  BLANK_EVENT,
  compilePlans,
  createErasedIds,
  createPlanSet,
  erasedIdOf,
  erasedKey,
  EVENT_RULES,
  NO_PLAN_SET,
  NOBODY_ERASED,
  type ErasedIds,
  type PlanSet,
} from '@custom-events/event'
import {
  ANYBODY,
  createSealer,
  createSealKeys,
  encode,
  SEAL_KEYS,
  type WriteKey,
} from '@custom-events/ingest'
import { topicNames } from '@custom-events/kafka'
import type { Judged, Newest } from './judged.ts'
import { rejectedSource } from './rejected.ts'

const topics = topicNames('events.tracked.v1')
const placed = { generation: 1, topic: topics.tracked, partitions: 12, closed: null }
const settings = { place: () => placed }
const events = createEventCodec()
const codec = createRejectedCodec()
const RECEIVED = Date.UTC(2026, 0, 31)

const GOOD = { event: 'e', user_id: 'u', group_id: 'g' }

function row(raw: object, change: Partial<RejectedEvent> = {}): RejectedEvent {
  return {
    request_id: 'request-1',
    index: 0,
    received_at: RECEIVED,
    source: 'web',
    code: 'missing_event',
    pointer: '/event',
    errors: '[]',
    event: null,
    group_id: null,
    user_id: null,
    event_id: null,
    raw: JSON.stringify(raw),
    raw_truncated: false,
    beside: null,
    resolution: null,
    resolved_at: null,
    replayed_to: null,
    ...change,
  }
}

async function judge(
  rows: readonly RejectedEvent[],
  options: {
    readonly keyOf?: ((source: string) => WriteKey | null) | null
    readonly newest?: Newest
    readonly plans?: PlanSet
    readonly erased?: ErasedIds
    readonly isForced?: boolean
  } = {},
): Promise<readonly Judged[]> {
  const source = rejectedSource({
    rows: {
      page: async () => ({
        rows: rows.map((event) => ({ event, kafkaGeneration: 1, kafkaPartition: 2 })),
        next: null,
      }),
      countResolved: async () => 0,
    },
    erased: options.erased ?? NOBODY_ERASED,
    isForced: options.isForced ?? false,
    rules: EVENT_RULES,
    plans: options.plans ?? NO_PLAN_SET,
    keyOf: options.keyOf === undefined ? (name) => ({ ...ANYBODY, name }) : options.keyOf,
    encode: (judged) =>
      encode(
        {
          codec: events,
          schemas: { trackedId: 1 },
          settings,
          plans: { current: options.plans ?? NO_PLAN_SET },
          sealer: createSealer(createSealKeys({ limits: SEAL_KEYS })),
        },
        judged,
      ),
    newestCopies: async (wanted) =>
      new Map(
        wanted.flatMap(({ group_id, event, timestamp, event_id }) => {
          const { newest } = options
          const key = JSON.stringify([group_id, event, timestamp, event_id])
          return newest === undefined ? [] : [[key, newest] as const]
        }),
      ),
    topics,
    notes: { generation: 1, partitions: 3 },
    codec,
    schemaId: 2,
    now: () => RECEIVED + 5,
  })
  return (await source.page(null)).judged
}

function eventOf({ fate }: Judged) {
  assert.ok(fate.kind === 'replay' && fate.record.value)
  return events.decode(fate.record.value).value
}

test('what was rejected before its plan marked anything is sealed when it is replayed, and its keys go first', async () => {
  const plan = { 'x-event': 'e', type: 'object', properties: { mail: { 'x-seal': 'person' } } }
  const compiled = compilePlans([{ name: 'e.json', text: JSON.stringify(plan) }])
  const plans = createPlanSet(compiled, { defaultMode: 'warn', unplanned: 'allow' })
  const [judged] = await judge([row({ ...GOOD, properties: { mail: 'joe', plan: 'pro' } })], { plans }) // prettier-ignore
  assert.ok(judged !== undefined && judged.fate.kind === 'replay')
  assert.match(eventOf(judged).properties, /^\{"mail":"sealed:v1:p[^"]*","plan":"pro"\}$/)
  assert.ok('sealKeys' in judged.fate.record, 'what produces it knows that it waits for a key')
})

test('what would be accepted is not replayed when who sent it was erased, nor when it is forced', async () => {
  const erased = createErasedIds()
  const id = erasedIdOf('group', 'g')
  const span = { timestampBefore: null, receivedBefore: null }
  erased.set(erasedKey(id), { ...id, spans: [span], erasureId: '', askedBy: '', askedAt: 0 })
  for (const isForced of [false, true]) {
    const rows = [row(GOOD), row({ ...GOOD, group_id: 'beside' })]
    const judged = await judge(rows, { erased, isForced })
    assert.deepEqual(
      judged.map(({ fate: { kind, ...rest } }) => [kind, 'reason' in rest ? rest.reason : null]),
      [
        ['unusable', 'erased'],
        ['replay', null],
      ],
    )
  }
})

test('a replayed event is what it would have been when it came', async () => {
  const [judged] = await judge([row(GOOD)])
  assert.ok(judged)
  const event = eventOf(judged)
  const { event_id: id } = event
  const times = { timestamp: RECEIVED, received_at: RECEIVED }
  assert.deepEqual(event, { ...BLANK_EVENT, ...GOOD, ...times, event_id: id, source: 'web' })
  const [again] = await judge([row(GOOD)])
  assert.ok(again)
  assert.equal(eventOf(again).event_id, id, 'an id of ours is the same each time')
  const others = await judge([row(GOOD, { index: 1 }), row(GOOD, { request_id: 'request-2' })])
  assert.equal(new Set([id, ...others.map((each) => eventOf(each).event_id)]).size, 3)
})

test('its refusal is told to be over in its own partition, with what the event turned out to be', async () => {
  const [judged] = await judge([row({ ...GOOD, event_id: 'mine', timestamp: RECEIVED })])
  const record = judged?.resolve('replayed', 'events.tracked.v1/3/17')
  assert.deepEqual([record?.topic, record?.partition], [topics.rejected, 2])
  assert.ok(record?.value)
  assert.deepEqual(codec.decode(record.value).value, {
    ...row({ ...GOOD, event_id: 'mine', timestamp: RECEIVED }),
    event: 'e',
    group_id: 'g',
    user_id: 'u',
    event_id: 'mine',
    resolution: 'replayed',
    resolved_at: RECEIVED + 5,
    replayed_to: 'events.tracked.v1/3/17',
  })
})

test('an event that is still wrong, cut, or of another kind is not replayed', async () => {
  const judged = await judge([
    row({ ...GOOD, user_id: 7.5 }),
    row(GOOD, { raw_truncated: true, raw: '{"event":"e' }),
    row({ ...GOOD, type: 'page' }, { beside: '{"audience":"sdk"}' }),
    row(GOOD, { raw: 'not ours' }),
  ])
  assert.deepEqual(
    judged.map(({ fate }) => fate),
    [
      { kind: 'refused', code: 'id_not_string' },
      { kind: 'unusable', reason: 'truncated' },
      { kind: 'refused', code: 'ignored' },
      { kind: 'refused', code: 'invalid_json' },
    ],
  )
})

test('what its write key may not write now is not replayed', async () => {
  const bound = { ...ANYBODY, name: 'web', groupIds: new Set(['other']) }
  const [outOfScope] = await judge([row(GOOD)], { keyOf: () => bound })
  assert.deepEqual(outOfScope?.fate, { kind: 'refused', code: 'key_scope' })
  const [gone] = await judge([row(GOOD)], { keyOf: () => null })
  assert.deepEqual(gone?.fate, { kind: 'unusable', reason: 'unknown_key' })
})

test('what was sent with a key of another account needs a key that allows it', async () => {
  const foreign = row(GOOD, { code: 'key_scope', pointer: '' })
  const [withoutKeys, other] = await judge([foreign, row(GOOD)], { keyOf: null })
  assert.deepEqual(withoutKeys?.fate, { kind: 'unusable', reason: 'no_key' })
  assert.equal(other?.fate.kind, 'replay')
  const bound = { ...ANYBODY, name: 'web', groupIds: new Set(['g']) }
  const [allowed] = await judge([foreign], { keyOf: () => bound })
  assert.equal(allowed?.fate.kind, 'replay')
})

test('a copy that came later wins, one that came before is updated', async () => {
  const place = { generation: 1, partition: 0, offset: 9 }
  const [later] = await judge([row(GOOD)], { newest: { ...place, receivedAtMs: RECEIVED + 1 } })
  assert.equal(later?.fate.kind, 'superseded')
  const [before] = await judge([row(GOOD)], { newest: { ...place, receivedAtMs: RECEIVED - 1 } })
  assert.equal(before?.fate.kind, 'replay')
})

test('what breaks a tracking plan that is in force is refused again', async () => {
  const text = '{"x-event":"e","type":"object","properties":{"a":{"type":"string"}}}'
  const plans = createPlanSet(compilePlans([{ name: 'e.json', text }]), {
    defaultMode: 'enforce',
    unplanned: 'allow',
  })
  const [good, bad] = await judge(
    [row({ ...GOOD, properties: { a: 'x' } }), row({ ...GOOD, properties: { a: 1 } })],
    { plans },
  )
  assert.equal(good?.fate.kind, 'replay')
  assert.deepEqual(bad?.fate, { kind: 'refused', code: 'plan_violation' })
})
