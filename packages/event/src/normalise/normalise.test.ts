import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TrackedEvent } from '../contract/event.ts'
import { EVENT_RULES } from '../contract/rules.ts'
import { eventText, judgeBatch, judgeText, RECEIVED_AT } from '../testing/test-support.ts'
import { createEventIds } from './uuid.ts'

type Judged = ReturnType<typeof judgeText>

function acceptedOf(judged: Judged | undefined): TrackedEvent {
  assert.equal(judged?.status, 'accepted', JSON.stringify(judged))
  return judged.event
}

function codesOf(judged: Judged | undefined): readonly string[] {
  assert.equal(judged?.status, 'rejected', JSON.stringify(judged))
  return judged.problems.map(({ code, pointer }) => `${code} ${pointer}`)
}

function warningsOf(judged: Judged): readonly string[] {
  assert.notEqual(judged.status, 'ignored')
  return judged.status === 'ignored' ? [] : judged.warnings.map((w) => `${w.code} ${w.pointer}`)
}

const DOCUMENTS = [
  [
    'subscription_upgraded',
    'account_789',
    'user_456',
    'AliceW@example.com',
    '2023-11-03T10:15:20.123Z',
  ],
  ['feature_used', 'account_456', 'user_789', 'BobS@example.com', '2023-11-04T14:45:30.987Z'],
  [
    'custom.event_example',
    'account_123',
    'user_123',
    'JoeD@example.com',
    '2023-11-02T00:30:08.276Z',
  ],
] as const

test('the JSON form and the table form of the same event give the same normalised event', () => {
  for (const [event, group_id, user_id, email, timestamp] of DOCUMENTS) {
    const properties = { email }
    const document = { user_id, event, properties, context: { group_id }, timestamp }
    const table = { event_name: event, group_id, user_id, properties, timestamp }
    const newEventId = () => 'same'
    const fromDocument = acceptedOf(judgeText(JSON.stringify(document), { newEventId }))
    const fromTable = acceptedOf(judgeText(JSON.stringify(table), { newEventId }))
    assert.equal(fromDocument.context, JSON.stringify({ group_id }))
    assert.deepEqual({ ...fromTable, context: fromDocument.context }, fromDocument)
    assert.equal(fromDocument.timestamp, Date.parse(timestamp))
    assert.equal(fromDocument.properties, JSON.stringify(properties))
  }
})

test('aliases are read; null counts as absent', () => {
  const same: readonly Record<string, unknown>[] = [
    { event: undefined, event_name: 'feature_used' },
    { event_name: 'feature_used' },
    { event_name: null },
    { group_id: undefined, groupId: 'account_456' },
    { group_id: null, context: { group_id: 'account_456' } },
    { group_id: undefined, context: { groupId: 'account_456', group_id: null } },
    { group_id: 'account_456', context: { group_id: 'account_456' } },
    { user_id: undefined, userId: 'user_789' },
    { anonymousId: null, anonymous_id: null },
    { event_id: undefined, messageId: 'e-1' },
    { event_id: undefined, message_id: 'e-1' },
    { event_id: null, insert_id: 'e-1' },
    { event_id: undefined, uuid: 'e-1' },
    { timestamp: undefined, originalTimestamp: '2023-11-04T14:45:30.987Z' },
    { timestamp: null, original_timestamp: '2023-11-04T14:45:30.987Z' },
    { properties: null },
    { extra: null, unknown: null },
    { type: 'track', writeKey: 'k', api_key: 'k' },
    { type: 'event' },
    { type: 'Track' },
  ]
  const { context: _, ...expected } = acceptedOf(judgeText(eventText()))
  for (const changes of same) {
    const { context: __, ...event } = acceptedOf(judgeText(eventText(changes)))
    assert.deepEqual(event, expected, JSON.stringify(changes))
  }
})

test('every rejection names its code and the place in the body as sent', () => {
  const table: readonly (readonly [Record<string, unknown>, ...string[]])[] = [
    [{ event: undefined }, 'missing_event /event'],
    [{ event: '' }, 'invalid_event_name /event'],
    [{ event: 'x'.repeat(201) }, 'invalid_event_name /event'],
    [{ event: 'a\u0000b' }, 'invalid_event_name /event'],
    [{ event: 'a\u0085b' }, 'invalid_event_name /event'],
    [{ event: undefined, event_name: 5 }, 'invalid_event_name /event_name'],
    [{ event_name: 'other' }, 'conflicting_event_name /event_name'],
    [{ group_id: undefined }, 'missing_group_id /group_id'],
    [{ group_id: undefined, properties: { group_id: 'a' } }, 'missing_group_id /group_id'],
    [{ groupId: 'other' }, 'conflicting_group_id /groupId'],
    [{ context: { group_id: 'other' } }, 'conflicting_group_id /context/group_id'],
    [{ group_id: 'x'.repeat(257) }, 'invalid_id /group_id'],
    [{ group_id: undefined, context: { groupId: 'a\nb' } }, 'invalid_id /context/groupId'],
    [{ group_id: '' }, 'missing_group_id /group_id'],
    [{ group_id: 'nil' }, 'placeholder_id /group_id'],
    [{ group_id: { id: 1 } }, 'id_not_string /group_id'],
    [{ user_id: undefined }, 'missing_user_id /user_id'],
    [{ user_id: undefined, anonymous_id: 'null' }, 'placeholder_id /anonymous_id'],
    [{ user_id: 'undefined' }, 'placeholder_id /user_id'],
    [{ user_id: '' }, 'missing_user_id /user_id'],
    [
      { user_id: 'NaN', anonymous_id: '00000000-0000-0000-0000-000000000000' },
      'placeholder_id /user_id',
      'placeholder_id /anonymous_id',
    ],
    [{ user_id: '[object Object]' }, 'placeholder_id /user_id'],
    [{ user_id: 1.5 }, 'id_not_string /user_id'],
    [{ user_id: true }, 'id_not_string /user_id'],
    [{ userId: 'other' }, 'conflicting_user_id /userId'],
    [{ event_id: 'x'.repeat(129) }, 'invalid_id /event_id'],
    [{ event_id: 'a\tb' }, 'invalid_id /event_id'],
    [{ timestamp: undefined }, 'missing_timestamp /timestamp'],
    [{ timestamp: 'yesterday' }, 'invalid_timestamp /timestamp'],
    [{ timestamp: '1999-12-31T23:59:59.999Z' }, 'timestamp_out_of_range /timestamp'],
    [{ timestamp: '0000-01-01T00:00:00Z' }, 'timestamp_out_of_range /timestamp'],
    [{ timestamp: '9999-12-31T00:00:00Z' }, 'timestamp_out_of_range /timestamp'],
    [{ properties: [1] }, 'properties_not_object /properties'],
    [{ properties: 'x' }, 'properties_not_object /properties'],
    [{ context: 'x' }, 'context_not_object /context'],
    [{ properties: { a: 'x'.repeat(262_144) } }, 'event_too_large '],
    [{ properties: { a: 'é'.repeat(131_072) } }, 'event_too_large '],
  ]
  for (const [changes, ...expected] of table) {
    assert.deepEqual(
      codesOf(judgeText(eventText(changes))),
      expected,
      JSON.stringify(changes).slice(0, 99),
    )
  }
})

test('a body that is no object is no event', () => {
  for (const text of ['[]', '"x"', '5', 'true']) {
    assert.deepEqual(codesOf(judgeText(text)), ['event_not_object '], text)
  }
})

test('all problems of an event are told at once, at most twenty', () => {
  const text = '{"user_id":"null","properties":[{}],"context":3,"timestamp":"x","a":1e999}'
  assert.deepEqual(codesOf(judgeText(text)), [
    'number_out_of_range /a',
    'invalid_timestamp /timestamp',
    'placeholder_id /user_id',
    'missing_event /event',
    'missing_group_id /group_id',
    'properties_not_object /properties',
    'context_not_object /context',
  ])
  const many = Array.from({ length: 50 }, () => '1e999').join(',')
  assert.equal(codesOf(judgeText(`{"properties":{"a":[${many}]}}`)).length, 20)
})

test('a problem says what was expected, what was there and what to do', () => {
  const judged = judgeText(eventText({ group_id: undefined, properties: { group_id: 'a' } }))
  assert.equal(judged.status, 'rejected')
  assert.deepEqual(judged.problems, [
    {
      pointer: '/group_id',
      code: 'missing_group_id',
      detail: 'group_id is missing',
      expected: 'a string of 1 to 256 characters without control characters',
      got: 'nothing',
      suggestion: 'move /properties/group_id to /group_id',
    },
  ])
})

test('what was there is shown by type and at most 64 characters', () => {
  const judged = judgeText(eventText({ event: `secret${'x'.repeat(1_000)}` }))
  assert.equal(judged.status, 'rejected')
  assert.ok((judged.problems[0]?.got?.length ?? 999) < 80, String(judged.problems[0]?.got))
  const inObject = judgeText(eventText({ group_id: { secret: 'value' } }))
  assert.ok(inObject.status === 'rejected' && !JSON.stringify(inObject).includes('value"'))
})

test('two names of an id agree when they were sent as the same text, not when they round to it', () => {
  const withIds = (one: string, other: string) =>
    judgeText(eventText({ user_id: 'ONE' }).replace('"ONE"', `${one},"userId":${other}`))
  for (const [one, other] of [
    ['"42"', '42'],
    ['42', '42'],
    ['"a"', '"\\u0061"'],
  ] as const) {
    acceptedOf(withIds(one, other))
  }
  for (const [one, other] of [
    ['"1234567890123456800"', '1234567890123456789'],
    ['"1"', '1e0'],
    ['"true"', 'true'],
  ] as const) {
    assert.deepEqual(codesOf(withIds(one, other)), ['conflicting_user_id /userId'], other)
  }
})

test('a conflict names every place', () => {
  const text = eventText({ groupId: 'b', context: { group_id: 'c' } })
  const judged = judgeText(text)
  assert.equal(judged.status, 'rejected')
  const told = judged.problems[0]?.detail ?? ''
  for (const pointer of ['/group_id', '/groupId', '/context/group_id']) {
    assert.ok(told.includes(pointer), told)
  }
})

test('whole numbers become ids with a warning; larger ones are refused, never rounded', () => {
  const judged = judgeText(eventText({ user_id: 42, group_id: 42, context: { group_id: '42' } }))
  const event = acceptedOf(judged)
  assert.deepEqual([event.user_id, event.group_id], ['42', '42'])
  assert.deepEqual(warningsOf(judged), [
    'coerced_to_string /group_id',
    'coerced_to_string /user_id',
  ])
  for (const digits of ['9007199254740993', '1.0', '1e3', '-0', '12345678901234567890']) {
    const text = eventText().replace('"user_789"', digits)
    assert.match(codesOf(judgeText(text)).join(), /id_not_string \/user_id/, digits)
  }
})

test('the list of placeholders is configurable', () => {
  const rules = { ...EVENT_RULES, placeholderIds: new Set(['test']) }
  assert.equal(judgeText(eventText({ user_id: 'null' }), { rules }).status, 'accepted')
  assert.equal(judgeText(eventText({ user_id: 'test' }), { rules }).status, 'rejected')
  assert.equal(judgeText(eventText({ user_id: 'Test' }), { rules }).status, 'accepted')
})

test('an empty id counts as absent, wherever an id may stand, and is told', () => {
  const table: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ user_id: '', anonymous_id: 'a' }, '/user_id'],
    [{ user_id: undefined, userId: '', anonymousId: 'a' }, '/userId'],
    [{ anonymousId: '' }, '/anonymousId'],
    [{ event_id: '', timestamp: '2023-11-04T14:45:30.987Z' }, '/event_id'],
    [{ groupId: '' }, '/groupId'],
    [{ context: { group_id: '' } }, '/context/group_id'],
  ]
  for (const [changes, pointer] of table) {
    const judged = judgeText(eventText(changes))
    const event = acceptedOf(judged)
    assert.deepEqual(warningsOf(judged), [`empty_id ${pointer}`])
    assert.ok(![event.user_id, event.anonymous_id, event.event_id, event.group_id].includes(''))
  }
})

test('a placeholder beside a real id of the person is left out, and told', () => {
  const judged = judgeText(eventText({ user_id: 'null', anonymous_id: 'a' }))
  const { user_id, anonymous_id } = acceptedOf(judged)
  assert.deepEqual({ user_id, anonymous_id }, { user_id: null, anonymous_id: 'a' })
  assert.deepEqual(warningsOf(judged), ['placeholder_dropped /user_id'])
})

test('what may be a real name is taken as it is, with a warning; an event may have any id', () => {
  for (const id of ['Null', 'TRUE', 'none', 'N/A', '0', '-1', 'UNDEFINED', 'nan']) {
    const judged = judgeText(eventText({ user_id: id, event_id: id }))
    assert.deepEqual([acceptedOf(judged).user_id, acceptedOf(judged).event_id], [id, id])
    assert.deepEqual(warningsOf(judged), ['suspicious_id /user_id'], id)
  }
  const numbered = judgeText(eventText({ event_id: 0, user_id: 0 }))
  assert.equal(acceptedOf(numbered).event_id, '0')
  assert.deepEqual(warningsOf(numbered), [
    'coerced_to_string /event_id',
    'coerced_to_string /user_id',
    'suspicious_id /user_id',
  ])
})

test('an empty list where a map is meant is an empty map, and is told', () => {
  const judged = judgeText(eventText({ properties: [], context: [] }))
  const { properties, context } = acceptedOf(judged)
  assert.deepEqual({ properties, context }, { properties: '{}', context: '{}' })
  assert.deepEqual(warningsOf(judged).toSorted(), ['empty_list /context', 'empty_list /properties'])
})

test('calls of SDKs that are no events are ignored on their paths, whatever else is in them', () => {
  const audience = 'sdk'
  for (const type of ['identify', 'page', 'group', 'alias', 'screen', 'Page']) {
    const judged = judgeText(JSON.stringify({ type, a: 1 }), { audience })
    assert.deepEqual(judged, { status: 'ignored', type })
  }
  for (const type of [null, 'track', 'Track', 'EVENT']) {
    const judged = judgeText(eventText({ type }), { audience })
    assert.equal(acceptedOf(judged).extra, '{}', String(type))
  }
  for (const type of ['purchase', '', 5, ['track'], 'trac\u212a']) {
    assert.deepEqual(codesOf(judgeText(eventText({ type }), { audience })), ['unknown_type /type'])
  }
})

test('on our own paths a type is a field like any other: nothing is ignored', () => {
  for (const type of ['subscription', 'identify', 'com.example.paid', '', 5, 'trac\u212a']) {
    const judged = judgeText(eventText({ type }))
    assert.equal(acceptedOf(judged).extra, JSON.stringify({ type }))
    assert.deepEqual(warningsOf(judged), ['unknown_field /type'])
  }
})

test('what SDKs carry along is kept in extra; only on our own paths it is worth a warning', () => {
  const carried = { integrations: { a: 1 }, _metadata: {}, channel: 'c', version: 1, rudderId: 'r' }
  for (const audience of ['sdk', 'own'] as const) {
    const judged = judgeText(eventText({ ...carried, options: null }), { audience })
    assert.equal(acceptedOf(judged).extra, JSON.stringify(carried))
    const told = Object.keys(carried).map((name) => `unknown_field /${name}`)
    assert.deepEqual(warningsOf(judged), audience === 'own' ? told : [])
  }
})

test('warnings tell what was assumed', () => {
  const table: readonly (readonly [Record<string, unknown>, ...string[]])[] = [
    [{}],
    [{ timestamp: '2023-11-04 14:45:30' }, 'timestamp_assumed_utc /timestamp'],
    [{ timestamp: '2023-11-04' }, 'timestamp_low_precision /timestamp'],
    [{ timestamp: 1_699_006_520 }, 'timestamp_epoch /timestamp'],
    [
      { timestamp: RECEIVED_AT + 86_400_001 },
      'timestamp_epoch /timestamp',
      'timestamp_in_future /timestamp',
    ],
    [{ timestamp: RECEIVED_AT + 86_400_000 }, 'timestamp_epoch /timestamp'],
    [{ evnt: 1 }, 'unknown_field /evnt'],
    [{ sentAt: 'soon' }, 'invalid_sent_at /sentAt'],
    [{ sentAt: '2029-11-20T10:00:02Z' }, 'sent_at_out_of_range /sentAt'],
    [{ sentAt: '1970-01-01T01:30:22Z' }, 'sent_at_out_of_range /sentAt'],
    [{ messageId: 'other' }, 'alias_ignored /messageId'],
    [{ originalTimestamp: '2023-11-04T14:45:30.987Z' }],
  ]
  for (const [changes, ...expected] of table) {
    assert.deepEqual(warningsOf(judgeText(eventText(changes))), expected, JSON.stringify(changes))
  }
  const judged = judgeText(eventText({ evnt: 1 }))
  assert.ok(
    judged.status === 'accepted' && judged.warnings[0]?.suggestion === 'did you mean event?',
  )
})

test('properties, context and extra are the text that was sent, character for character', () => {
  const properties =
    '{ "n": 12345678901234567890, "f":1.10, "e":1e2,"u":"\\u00e9\\/",\n "__proto__":{"x":1} }'
  const text = `{"event":"e","user_id":"u","context":{"group_id":"g"} , "properties":${properties},
    "timestamp":"2023-11-04T14:45:30.987Z","event_id":"1","\\u0070lan" : { "a" : 1.0 },"__proto__":{"b":2}}`
  const judged = judgeText(text)
  const event = acceptedOf(judged)
  assert.equal(event.properties, properties)
  assert.equal(event.context, '{"group_id":"g"}')
  assert.equal(event.extra, '{"\\u0070lan":{ "a" : 1.0 },"__proto__":{"b":2}}')
  assert.deepEqual(warningsOf(judged), [
    'unsafe_number /properties/n',
    'unknown_field /plan',
    'unknown_field /__proto__',
  ])
})

test('any properties that JSON can say come out as they went in', () => {
  const keyed = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }))
  fc.assert(
    fc.property(keyed, keyed, fc.constantFrom('', ' ', '\n  '), (properties, context, space) => {
      const sent = { ...context, group_id: 'g', groupId: null }
      const text = JSON.stringify(
        { ...JSON.parse(eventText({ group_id: undefined })), properties, context: sent },
        null,
        space,
      )
      fc.pre(!/\d{16}/.test(text)) // whole numbers this long may be beyond 64 bits
      const event = acceptedOf(judgeText(text))
      assert.deepEqual(JSON.parse(event.properties), JSON.parse(JSON.stringify(properties)))
      assert.deepEqual(JSON.parse(event.context), JSON.parse(JSON.stringify(sent)))
      assert.ok(text.includes(event.properties) && text.includes(event.context))
    }),
    { numRuns: 300 },
  )
})

test('an event without an id gets one that carries its time, so that the id alone finds it again', () => {
  const newEventId = createEventIds()
  const first = acceptedOf(judgeText(eventText({ event_id: undefined }), { newEventId }))
  const again = acceptedOf(
    judgeText(eventText({ event_id: first.event_id, timestamp: undefined, properties: { n: 2 } })),
  )
  assert.deepEqual([again.event_id, again.timestamp], [first.event_id, first.timestamp])
})

test('an event without id and timestamp happened when it arrived', () => {
  const judged = judgeText(eventText({ event_id: undefined, timestamp: undefined }))
  assert.equal(acceptedOf(judged).timestamp, RECEIVED_AT)
})

test('with an Idempotency-Key a retry gets the same id, and needs a timestamp to be recognised', () => {
  const idempotencyKey = 'order-1'
  const first = acceptedOf(judgeText(eventText({ event_id: undefined }), { idempotencyKey }))
  const retry = acceptedOf(judgeText(eventText({ event_id: undefined }), { idempotencyKey }))
  assert.equal(retry.event_id, first.event_id)
  assert.equal(acceptedOf(judgeText(eventText(), { idempotencyKey })).event_id, 'e-1')
  const untimed = eventText({ event_id: undefined, timestamp: undefined })
  assert.deepEqual(codesOf(judgeText(untimed, { idempotencyKey })), [
    'missing_timestamp /timestamp',
  ])
})

test("the time of sending is the event's own, else the envelope's or the header's", () => {
  const sentAt = { value: '2023-12-01T00:00:00Z', pointer: '/sentAt' }
  const own = judgeText(eventText({ sentAt: '2023-12-02T00:00:00.911844+00:00' }), { sentAt })
  assert.equal(acceptedOf(own).sent_at, Date.parse('2023-12-02T00:00:00.911Z'))
  assert.deepEqual(warningsOf(own), [])
  const given = judgeText(eventText(), { sentAt })
  assert.equal(acceptedOf(given).sent_at, Date.parse('2023-12-01T00:00:00Z'))
  const bad = judgeText(eventText(), { sentAt: { value: 'x', pointer: '/sentAt' } })
  assert.equal(acceptedOf(bad).sent_at, null)
  assert.deepEqual(warningsOf(bad), ['invalid_sent_at /sentAt'])
})

test("the envelope's context lies under each event's own", () => {
  const envelope = '"context":{"group_id":"g","ip":"1.2.3.4","app":{"v":1}}'
  const events = [
    eventText({ group_id: undefined }),
    eventText({ group_id: undefined, context: { ip: '5.6.7.8', os: 'x' } }),
    eventText({ group_id: 'other' }),
    eventText({ group_id: undefined, context: 5 }),
    eventText({ group_id: undefined, context: { group_id: null } }),
  ]
  const [plain, merged, conflict, wrong, absent] = judgeBatch(
    `{"batch":[${events.join()}],${envelope}}`,
  )
  assert.equal(acceptedOf(plain).context, '{"group_id":"g","ip":"1.2.3.4","app":{"v":1}}')
  assert.deepEqual(JSON.parse(acceptedOf(merged).context), {
    group_id: 'g',
    ip: '5.6.7.8',
    app: { v: 1 },
    os: 'x',
  })
  assert.deepEqual(codesOf(conflict), ['conflicting_group_id /context/group_id'])
  assert.ok(codesOf(wrong).includes('context_not_object /batch/3/context'))
  assert.equal(acceptedOf(absent).group_id, 'g')
})

test("what is wrong in the envelope's context is wrong in every event that takes it", () => {
  const [judged] = judgeBatch(
    `{"context":{"group_id":"g","n":1e999},"batch":[${eventText({ group_id: 'g' })}]}`,
  )
  assert.deepEqual(codesOf(judged), ['number_out_of_range /context/n'])
})

test('pointers of a batch begin with the place of the event', () => {
  const body = `{"batch":[${eventText()},${eventText({ group_id: undefined, context: { group_id: 'null' } })}]}`
  const [first, second] = judgeBatch(body)
  assert.equal(first?.status, 'accepted')
  assert.deepEqual(codesOf(second), ['placeholder_id /batch/1/context/group_id'])
})

test('an event of 256 KiB is taken, one byte more is not', () => {
  const empty = acceptedOf(judgeText(eventText({ properties: { a: '' } })))
  const { properties, context, extra, event_id, event, group_id, user_id } = empty
  const used = [properties, context, extra, event_id, event, group_id, user_id].join('').length
  const sized = (bytes: number) => eventText({ properties: { a: 'x'.repeat(bytes - used) } })
  assert.equal(judgeText(sized(262_144)).status, 'accepted')
  assert.deepEqual(codesOf(judgeText(sized(262_145))), ['event_too_large '])
})

test('more than 1,000 keys in unknown fields are too many, and cost no more than 20 warnings', () => {
  const unknown = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`field_${at}`, 1]))
  const judged = judgeText(eventText(unknown))
  assert.deepEqual(codesOf(judged), ['too_many_properties /field_0'])
  assert.equal(warningsOf(judged).length, 20)
  const flood = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`field_${at}`, 1]))
  assert.deepEqual(codesOf(judgeText(eventText(flood))), ['too_many_properties '])
})

test('a rejected event keeps what could be read of it', () => {
  const judged = judgeText(eventText({ properties: 5, event_id: undefined }))
  assert.equal(judged.status, 'rejected')
  assert.deepEqual(judged.known, {
    event: 'feature_used',
    group_id: 'account_456',
    user_id: 'user_789',
    anonymous_id: null,
    event_id: null,
  })
})

test('no JSON document makes normalising throw', () => {
  const names = fc.constantFrom(
    'event',
    'group_id',
    'user_id',
    'timestamp',
    'context',
    'properties',
    'sentAt',
    'event_id',
    'type',
    '__proto__',
  )
  const value = fc.jsonValue({ maxDepth: 3 })
  fc.assert(
    fc.property(fc.array(fc.tuple(names, value)), (entries) => {
      const members = entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`)
      const judged = judgeText(`{${members.join()}}`)
      assert.ok(judged.status !== 'rejected' || judged.problems.length > 0)
    }),
    { numRuns: 500 },
  )
})
