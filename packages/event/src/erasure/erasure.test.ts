import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { erasedIdOf, erasedInGroup, erasedKey, type IdKind } from './erased-id.ts'
import { createErasedIds, type ErasedIdsInMemory } from './erased-ids.ts'
import { addSpan, isWithin, liftedAt, liftSpans, type ErasedSpan } from './erased-spans.ts'
import { readErasure, UnreadableErasure, writeErasure } from './erasure-record.ts'
import { isErasedRecord } from './ids-in-record.ts'
import { idsInText, isErasedText } from './ids-in-text.ts'

const ALWAYS: ErasedSpan = { timestampBefore: null, receivedBefore: null }
const NOW = { timestamp: 1_000, receivedAt: 2_000 }

function recordOf(kind: IdKind, id: string, spans: readonly ErasedSpan[] = [ALWAYS]) {
  return { ...erasedIdOf(kind, id), spans, erasureId: 'e-1', askedBy: 'me', askedAt: 5 }
}

function erased(...who: readonly (readonly [IdKind, string, ErasedSpan?])[]): ErasedIdsInMemory {
  const ids = createErasedIds()
  for (const [kind, id, span = ALWAYS] of who) {
    const record = recordOf(kind, id, [span])
    ids.set(erasedKey(record), record)
  }
  return ids
}

const event = {
  user_id: 'u',
  group_id: 'g',
  anonymous_id: null,
  timestamp: 1_000,
  received_at: 2_000,
}

test('an event is erased by its user, its account or its visitor, and by no other id', () => {
  assert.equal(erased(['user', 'u']).ofEvent(event), 'user')
  assert.equal(erased(['group', 'g']).ofEvent(event), 'group')
  assert.equal(erased(['anonymous', 'a']).ofEvent({ ...event, anonymous_id: 'a' }), 'anonymous')
  const others = erased(
    ['user', 'g'],
    ['group', 'u'],
    ['anonymous', 'u'],
    ['user', 'U'],
    ['user', ' u'],
  )
  assert.equal(
    others.ofEvent(event),
    null,
    'an id of another kind, case or with a blank is another',
  )
  assert.equal(createErasedIds().ofEvent(event), null)
})

test('an id that is longer than any is nobody, also where it begins like the longest', () => {
  const longest = '\u{1f600}'.repeat(256)
  const ids = erased(['user', longest])
  assert.equal(ids.ofEvent({ ...event, user_id: longest }), 'user')
  assert.equal(ids.ofEvent({ ...event, user_id: `${longest}a` }), null)
})

test('two ids that share the cheap hash are told apart, and one is forgotten without the other', () => {
  const ids = createErasedIds()
  const one = recordOf('user', 'u')
  const other = { ...recordOf('user', 'v'), murmur2: one.murmur2 }
  ids.set(erasedKey(one), one)
  ids.set(erasedKey(other), other)
  assert.equal(ids.ofEvent(event), 'user')
  ids.delete(erasedKey(other))
  assert.equal(ids.ofEvent(event), 'user')
  ids.delete(erasedKey(one))
  assert.equal(ids.ofEvent(event), null)
  assert.equal(ids.size, 0)
})

test('any id of at most 256 characters is found again, whatever its characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }), (id) => {
      fc.pre(id.isWellFormed())
      assert.equal(erased(['user', id]).ofEvent({ ...event, user_id: id }), 'user')
    }),
  )
})

test('only what lies before is erased, and a lifted erasure keeps what was taken before it', () => {
  const before = { timestampBefore: 1_000, receivedBefore: null }
  assert.equal(isWithin([before], { timestamp: 999, receivedAt: 9e12 }), true)
  assert.equal(isWithin([before], { timestamp: 1_000, receivedAt: 0 }), false)
  const lifted = liftSpans([ALWAYS], 2_000)
  assert.equal(
    isWithin(lifted, { timestamp: 9e12, receivedAt: 1_999 }),
    true,
    'a refill brings nothing back',
  )
  assert.equal(isWithin(lifted, { timestamp: 0, receivedAt: 2_000 }), false)
})

test('of what was lifted after it was asked for it is known when', () => {
  const span = (timestampBefore: number | null, receivedBefore: number | null): ErasedSpan => ({
    timestampBefore,
    receivedBefore,
  })
  const cases: readonly [string, readonly ErasedSpan[], number | null, number | null][] = [
    ['nothing is known', [], null, null],
    ['it is in force', [ALWAYS], null, null],
    ['it was lifted', [span(null, 2_000)], null, 2_000],
    ['it was lifted, and what was asked for first was less', [span(null, 2_000)], 7, 2_000],
    ['less than it was lifted', [span(7, 2_000)], null, null],
    ['it was lifted before it was asked for', [span(null, 999)], null, null],
    ['it was asked for again since', [span(null, 2_000), span(9, null)], 8, null],
  ]
  for (const [what, spans, timestampBefore, expected] of cases) {
    assert.equal(liftedAt(spans, { timestampBefore, askedAt: 1_000 }), expected, what)
  }
})

test('whatever is asked for and lifted in any order, nothing that was erased once is kept later', () => {
  const moment = fc.option(fc.integer({ min: 0, max: 20 }), { nil: null })
  const wish = fc.record({ timestampBefore: moment, receivedBefore: fc.constant(null) })
  const step = fc.oneof(wish, fc.integer({ min: 0, max: 20 }))
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 8 }),
      fc.nat(20),
      fc.nat(20),
      (steps, timestamp, at) => {
        let spans: readonly ErasedSpan[] = []
        let nowMs = 0
        let wasErased = false
        for (const each of steps) {
          if (typeof each === 'number') {
            nowMs = Math.max(nowMs, each)
            spans = liftSpans(spans, nowMs)
          } else spans = addSpan(spans, each)
          const isErased = isWithin(spans, { timestamp, receivedAt: at })
          // What was taken before a lift stays erased; what comes later is not there yet.
          if (wasErased && at < nowMs) assert.equal(isErased, true)
          wasErased = isErased
        }
      },
    ),
  )
})

test('a record reads as it was written, and says what is wrong when it cannot be read', () => {
  const record = recordOf('group', 'é"\\', [{ timestampBefore: 7, receivedBefore: null }])
  const { key, value } = writeErasure(record)
  assert.deepEqual(readErasure(key, value), record)
  assert.ok(!value.includes('é'), 'the id itself is not in it')
  const changed = (change: object): Buffer =>
    Buffer.from(JSON.stringify({ ...JSON.parse(value.toString()), ...change }))
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from('nonsense'), /no JSON object: "nonsense"/],
    [changed({ v: 2 }), /"v" is 2, expected 1/],
    [changed({ kind: 'team' }), /"kind" is "team", expected user, group, anonymous/],
    [changed({ sha256: 'x' }), /"sha256" is "x"/],
    [changed({ sha256: '0'.repeat(64) }), /key is .*, expected group:000/],
    [
      changed({ spans: [{ timestamp_before: 'soon', received_before: null }] }),
      /"timestamp_before" is "soon"/,
    ],
  ]
  for (const [bad, expected] of cases) {
    assert.throws(
      () => readErasure(key, bad),
      (error) => {
        assert.ok(error instanceof UnreadableErasure)
        assert.match(error.message, expected)
        return true
      },
    )
  }
})

test('an id is found in any text that names it, whether it can be parsed or not', () => {
  const texts = [
    '{"user_id":"u-1"}',
    '{"userId": "u-1"',
    '{"a":{"b":[{"UserID" : "u-1"}]},,}',
    '{"user_id":"\\u0075-1"}',
    "{'user_id': 'u-1'}",
    'user_id=u-1&x=2',
    '{"properties":{"user-id":"u-1"}}',
    '{"user_id":["u-1"]}',
    '{"user_id":["a", "u-1"]}',
    '{"user_id":{"id":"u-1"}}',
    '{"user\\u005fid":"u-1","n":NaN}',
    JSON.stringify({ body: JSON.stringify({ user_id: 'u-1' }) }),
    JSON.stringify({ body: JSON.stringify({ body: JSON.stringify({ user_id: 'u-1' }) }) }),
  ]
  for (const text of texts) assert.ok(isErasedText(erased(['user', 'u-1']), text, NOW), text)
  for (const text of ['{"user_id":"u-12"}', '{"name":"u-1"}', '{"group_id":"u-1"}', 'u-1', '']) {
    assert.ok(!isErasedText(erased(['user', 'u-1']), text, NOW), text)
  }
  assert.deepEqual(
    [...idsInText('{"user_id":42,"accountId":"g"}')],
    [
      { kind: 'user', id: '42' },
      { kind: 'group', id: 'g' },
    ],
  )
  assert.ok(isErasedText(erased(['user', '42']), '{"user_id":42.0}', NOW), 'as Python sends it')
})

test('an id is found in the bytes of a record that cannot be decoded', () => {
  const long = 'x'.repeat(200)
  const avro = (id: string): Buffer => {
    const length = Buffer.byteLength(id) * 2
    const head = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
    return Buffer.concat([
      Buffer.from([0, 0, 0, 9, 9, 2]),
      Buffer.from(head),
      Buffer.from(id),
      Buffer.from([7]),
    ])
  }
  for (const id of ['u-1', long, 'ü'.repeat(40)]) {
    assert.ok(isErasedRecord(erased(['user', id]), { key: null, value: avro(id) }, NOW), id)
    assert.ok(!isErasedRecord(erased(['user', `${id}x`]), { key: null, value: avro(id) }, NOW))
  }
  const ofGroup = { key: Buffer.from('g'), value: Buffer.from('garbage') }
  assert.ok(isErasedRecord(erased(['group', 'g']), ofGroup, NOW))
  assert.ok(!isErasedRecord(erased(['user', 'g']), ofGroup, NOW))
  assert.ok(
    isErasedRecord(erased(['user', 'j']), { key: null, value: Buffer.from('{"userId":"j"}') }, NOW),
  )
})

test('somebody within one account is erased there, and a namesake of another account is not', () => {
  const within = erasedInGroup('user', '1', 'A')
  const visitor = erasedInGroup('anonymous', 'v', 'A')
  const ids = createErasedIds()
  for (const id of [within, visitor]) {
    ids.set(erasedKey(id), { ...recordOf('user', '1'), ...id })
  }
  const of = (group_id: string | null, user_id: string, anonymous_id: string | null = null) =>
    ids.ofEvent({ ...event, group_id: group_id ?? '', user_id, anonymous_id })
  assert.deepEqual(
    [of('A', '1'), of('B', '1'), of('A', '2'), of(null, '1'), of('A', '2', 'v'), of('B', '2', 'v')],
    ['user', null, null, null, 'anonymous', null],
  )
  assert.notEqual(
    erasedInGroup('user', '11', 'A').sha256,
    erasedInGroup('user', '1', 'A1').sha256,
    'where one id ends and the other begins is part of it',
  )
  const { key, value } = writeErasure({ ...recordOf('user', '1'), ...within })
  assert.equal(readErasure(key, value).kind, 'user_in_group')

  assert.ok(isErasedText(ids, '{"userId":1,"accountId":"A"', NOW), 'named in any order')
  assert.ok(!isErasedText(ids, '{"userId":1,"accountId":"B"}', NOW))
  assert.ok(!isErasedText(ids, '{"userId":1}', NOW))
  assert.ok(isErasedText(ids, '{"userId":1}', NOW, [Buffer.from('A')]))
  const value1 = Buffer.from([9, 2, '1'.charCodeAt(0)])
  assert.ok(isErasedRecord(ids, { key: Buffer.from('A'), value: value1 }, NOW))
  assert.ok(!isErasedRecord(ids, { key: Buffer.from('B'), value: value1 }, NOW))
})
