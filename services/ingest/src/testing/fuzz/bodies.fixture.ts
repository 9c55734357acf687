import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import {
  EVENT_RULES,
  FIELD_NAMES,
  KEY_NAMES,
  MAX_EVENT_KEYS,
  rowOf,
  SDK_NAMES,
  SENT_FIELDS,
  type FieldName,
} from '@custom-events/event'
import { settings, type Sent } from './both-ways.fixture.ts'
import { mutated } from './mutations.fixture.ts'
import { id, object, rawValue, time, valuesOf } from './parts.fixture.ts'
import { objectText, usualWith } from './usual.fixture.ts'

type Member = readonly [name: string, value: string]

const namesOf = (name: FieldName): readonly string[] => SENT_FIELDS[name].names

/** A part under one of its names, mostly the first; its value, or one that belongs elsewhere. */
const partOf = (names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Member> =>
  fc.tuple(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...names.slice(0, 1)) },
      { weight: 1, arbitrary: fc.constantFrom(...names) },
    ),
    fc.oneof({ weight: 90, arbitrary: value }, { weight: 1, arbitrary: fc.oneof(id, rawValue) }),
  )

/** Not all of them need be there. */
const OPTIONAL_TEXTS = FIELD_NAMES.filter((name) => {
  const { kind, isOptional } = rowOf(name)
  return kind === 'text' && isOptional === true
})
/** What is left out of them, so that events of many kinds could be accepted. */
const leftOut = fc
  .tuple(
    fc.constantFrom<readonly FieldName[]>(['user_id'], ['anonymous_id'], []),
    fc.constantFrom<readonly FieldName[]>(
      ['context', 'sent_at'],
      ['context', 'sent_at', 'event_id'],
      ['context'],
      ['sent_at'],
      ['group_id', 'sent_at'],
    ),
    fc.constantFrom<readonly FieldName[]>(OPTIONAL_TEXTS, []),
  )
  .map((parts) => new Set(parts.flat()))
/** Names of the contract, from its own tables, and such as look like them. */
const more: fc.Arbitrary<Member> = fc.oneof(
  ...FIELD_NAMES.map((field) => fc.tuple(fc.constantFrom(...namesOf(field)), valuesOf(field))),
  fc.tuple(fc.constantFrom(...SDK_NAMES), fc.oneof(rawValue, object)),
  fc.tuple(fc.constantFrom(...KEY_NAMES), id),
  fc.tuple(
    fc.constant('type'),
    fc.oneof(
      fc.constantFrom(
        '"track"',
        '"track"',
        '"event"',
        '"Track"',
        '"identify"',
        '"PAGE"',
        '"click"',
      ),
      fc.constantFrom('""', 'null', '5', '"trac\u212a"', '"t\\u0072ack"', '"tracks"'),
    ),
  ),
  fc.tuple(
    fc.constantFrom('unknown', 'evnet', 'Event', '__proto__', 'constructor', 'toString', '', 'é'),
    rawValue,
  ),
)

const space = fc.constantFrom('', '', '', '', ' ', '\n\t', '\r\n', '\u00a0')

/** Mostly whole events; some fields missing, some twice, some of other names, in any order. */
const event = fc
  .tuple(
    fc.tuple(
      ...FIELD_NAMES.map((field) => {
        return fc.tuple(fc.constant(field), partOf(namesOf(field), valuesOf(field)))
      }),
    ),
    leftOut,
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(more, { maxLength: 3 })),
    fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: space }),
    fc.nat(99),
  )
  .map(([usual, without, others, gap, dice]) => {
    const members = [
      ...usual.flatMap(([part, member], index) => {
        if (without.has(part) || dice === 50 + index) return []
        return dice === 70 + index ? [member, member] : [member]
      }),
      ...others,
    ]
    const inOrder = dice % 3 === 0 ? members.toReversed() : members
    const texts = inOrder.map(([name, value], index) => {
      return `${keyText(name, dice === index)}${gap}:${gap}${value}`
    })
    return `{${gap}${texts.join(`,${gap}`)}${gap}}`
  })

/** @param isEscaped whether its first character is written as an escape. */
function keyText(name: string, isEscaped: boolean): string {
  if (!isEscaped || name === '') return JSON.stringify(name)
  const code = name.charCodeAt(0).toString(16).padStart(4, '0')
  return `"\\u${code}${JSON.stringify(name.slice(1)).slice(1)}`
}

const usualEvent = fc.nat(99).map((n) =>
  JSON.stringify({
    event: 'feature_used',
    event_id: `e-${n}`,
    group_id: `account_${n % 7}`,
    user_id: 'u',
    timestamp: '2025-05-31T01:02:03.456Z',
    properties: { n, text: 'x'.repeat(n) },
    ...(n % 3 === 0 ? { context: { group_id: `account_${n % 7}` } } : {}),
  }),
)

/** Of the largest size that one may have, and a few bytes more or less. */
const largeEvent = fc
  .tuple(fc.integer({ min: -90, max: 0 }), fc.constantFrom('x', 'é', '한', '😀', '\\n'))
  .map(([more1, char]) => {
    const bytes = EVENT_RULES.maxEventBytes + more1
    return usualWith('properties', `{"pad":"${char.repeat(bytes / Buffer.byteLength(char))}"}`)
  })

/** Of as many keys as are read at all, or one more. */
const overfullEvent = fc.nat(1).map((more1) => {
  return `{${Array.from({ length: MAX_EVENT_KEYS + more1 }, (_, n) => `"k${n}":0`).join()}}`
})

const oneEvent = fc.oneof(
  { weight: 200, arbitrary: usualEvent },
  { weight: 600, arbitrary: event },
  { weight: 3, arbitrary: largeEvent },
  { weight: 1, arbitrary: overfullEvent },
)
const events = fc.oneof(
  { weight: 30, arbitrary: fc.array(oneEvent, { maxLength: 5 }) },
  { weight: 10, arbitrary: fc.array(oneEvent, { minLength: 10, maxLength: 40, size: 'max' }) },
)

const beside: fc.Arbitrary<readonly Member[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom(...SENT_FIELDS.sent_at.names), time),
    fc.tuple(fc.constantFrom(...KEY_NAMES), id),
    fc.tuple(fc.constant('context'), object),
    fc.tuple(
      fc.constantFrom('batch', 'events'),
      events.map((all) => `[${all.join()}]`),
    ),
    fc.tuple(
      fc.constantFrom('batch', 'events', 'sequence', 'messageId', ...SENT_FIELDS.timestamp.names),
      rawValue,
    ),
  ),
  { maxLength: 2 },
)

const list = fc
  .tuple(events, beside, fc.constantFrom('batch', 'events'), fc.boolean(), space)
  .map(([all, members, name, isFirst, gap]) => {
    const own: Member = [name, `[${gap}${all.join(`${gap},`)}${gap}]`]
    const inOrder = isFirst ? [own, ...members] : [...members, own]
    return objectText(inOrder.map(([key, value]) => [keyText(key, false), `${gap}${value}`]))
  })

const lines = fc
  .tuple(events, fc.constantFrom('\n', '\n', '\r\n', '\n\n', '\n\u00a0\n', '\n \t\n'), fc.nat(9))
  .map(([all, feed, cut]) => {
    return all.map((line, index) => (index === cut ? line.slice(0, -3) : line)).join(feed)
  })

/** As many as there may be in a request, or one more. */
const longList = fc.nat(1).map((more1) => {
  return `[${Array.from({ length: settings.limits.maxEvents + more1 }, () => '{"a":1}').join()}]`
})

const text = fc.oneof(
  { weight: 600, arbitrary: event },
  { weight: 200, arbitrary: usualEvent },
  { weight: 600, arbitrary: events.map((all) => `[${all.join()}]`) },
  { weight: 800, arbitrary: list },
  { weight: 200, arbitrary: lines },
  { weight: 100, arbitrary: rawValue },
  { weight: 1, arbitrary: longList },
)

const withMark = fc
  .tuple(text, fc.nat(40))
  .map(([sent, dice]) => (dice === 0 ? `\ufeff${sent}` : sent))

/** Of a key that is bound to it. */
const ACCOUNT_1 = new Set(['account_1'])

/** Bodies of every form, with much that is usual and much that is not. */
export const body: fc.Arbitrary<Sent> = fc.record({
  bytes: mutated(withMark),
  audience: fc.constantFrom('own', 'sdk'),
  hasPlans: fc.nat(7).map((dice) => dice === 0),
  accounts: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.constant(ACCOUNT_1)),
  headers: fc.constantFrom<IncomingHttpHeaders>(
    {},
    {},
    {},
    { sentat: '2026-01-30T10:00:00.000Z' },
    { sentat: 'yesterday' },
    { 'idempotency-key': 'k' },
    { 'content-type': 'application/json' },
    { 'content-type': 'application/x-ndjson' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'text/plain; charset=utf-8' },
  ),
})
