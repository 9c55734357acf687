import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { ALIASES, KEY_NAMES, SDK_NAMES, type Audience } from '@custom-events/event'
import { NOT_JSON, TIMES, UNUSUAL, UNUSUAL_IDS } from './lane-values.fixture.ts'

/** A body, its headers, and for whom its path is. */
export interface Sent {
  readonly bytes: Buffer
  /** @default own */
  readonly audience?: Audience
  readonly headers: IncomingHttpHeaders
}

const rawValue = fc.oneof(
  { weight: 60, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 38, arbitrary: fc.constantFrom(...UNUSUAL) },
  { weight: 2, arbitrary: fc.constantFrom(...NOT_JSON) },
)

const id = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('"account_1"', '"account_2"', '"user_1"', '"é-1"', '"0f"'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...UNUSUAL_IDS),
  },
)

const time = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .date({ min: new Date('1969-12-01'), max: new Date('2027-12-31'), noInvalidDate: true })
      .map((date) => JSON.stringify(date)),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...TIMES),
  },
)

const object = fc.oneof(
  { weight: 7, arbitrary: fc.dictionary(fc.string(), rawValue, { maxKeys: 5 }).map(objectText) },
  { weight: 3, arbitrary: rawValue },
)

function objectText(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
    .join()}}`
}

const valueOf: Readonly<Record<string, fc.Arbitrary<string>>> = {
  event: fc.oneof(
    fc.constantFrom('"feature_used"', '"é"', 'null', '"a\\"b"', `"${'x'.repeat(201)}"`),
    id,
  ),
  group_id: id,
  user_id: id,
  event_id: id,
  timestamp: time,
  properties: object,
  context: object,
}

/** Every name of the contract, from its own tables, that is not in `valueOf`. */
const others: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...Object.fromEntries(
    Object.entries(ALIASES).flatMap(([part, names]) => {
      const value = part === 'timestamp' || part === 'sent_at' ? time : id
      return names.filter((name) => !(name in valueOf)).map((name) => [name, value])
    }),
  ),
  ...Object.fromEntries(SDK_NAMES.map((name) => [name, rawValue])),
  ...Object.fromEntries(KEY_NAMES.map((name) => [name, id])),
  type: fc.constantFrom(
    '"track"',
    '"event"',
    '"identify"',
    'null',
    '5',
    '"Track"',
    '"click"',
    '""',
  ),
  unknown: rawValue,
  '\\u0065vent': id,
  evnet: id,
  __proto__x: rawValue,
  constructor: rawValue,
}

/** Mostly whole events; some fields missing, some twice, some of other names, in any order. */
const event = fc
  .tuple(
    fc.tuple(
      ...Object.entries(valueOf).map(([name, value]) =>
        fc.tuple(fc.constant(name), value, fc.nat(60)),
      ),
    ),
    fc.array(
      fc
        .constantFrom(...Object.keys(others))
        .chain((name) => fc.tuple(fc.constant(name), others[name] ?? fc.constant('1'))),
      { maxLength: 2 },
    ),
    fc.constantFrom('', '', '', ' ', '\n\t'),
  )
  .map(([usual, more, space]) => {
    const members = [
      ...usual.flatMap(([name, value, dice]) => {
        if (dice === 0) return []
        return dice === 1
          ? [
              [name, value],
              [name, value],
            ]
          : [[name, value]]
      }),
      ...more,
    ]
    const texts = members.map(([name, value]) => `"${name}"${space}:${space}${value}`)
    return `{${space}${texts.join(`,${space}`)}${space}}`
  })

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

const events = fc.array(
  fc.oneof({ weight: 2, arbitrary: usualEvent }, { weight: 3, arbitrary: event }),
  {
    maxLength: 5,
  },
)

const beside = fc.array(
  fc.tuple(
    fc.constantFrom(
      'sentAt',
      'sent_at',
      'writeKey',
      'api_key',
      'context',
      'batch',
      'events',
      'sequence',
    ),
    fc.oneof(time, id, rawValue),
  ),
  { maxLength: 2 },
)

const anyText = fc.oneof(
  event,
  usualEvent,
  events.map((list) => `[${list.join()}]`),
  fc
    .tuple(events, beside, fc.constantFrom('batch', 'events'), fc.boolean())
    .map(([list, members, name, isFirst]) => {
      const own = `"${name}":[${list.join(' , ')}]`
      const more = members.map(([key, value]) => `"${key}":${value}`)
      return `{${(isFirst ? [own, ...more] : [...more, own]).join()}}`
    }),
  rawValue,
)

/** A byte changed, put in or left out, now and then. */
const bytes = fc
  .tuple(
    anyText,
    fc.oneof(
      { weight: 7, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)) },
    ),
  )
  .map(([sent, change]) => {
    const whole = Buffer.from(sent)
    if (change === null || whole.length === 0) return whole
    const [place, byte, removed] = change
    const at = place % whole.length
    return Buffer.concat([
      whole.subarray(0, at),
      Buffer.from(removed === 2 ? [] : [byte]),
      whole.subarray(removed === 0 ? at : at + 1),
    ])
  })

/** Bodies of every form, with much that is usual and much that is not. */
export const body: fc.Arbitrary<Sent> = fc.record({
  bytes,
  audience: fc.constantFrom('own', 'sdk'),
  headers: fc.constantFrom<IncomingHttpHeaders>(
    {},
    { sentat: '2026-01-30T10:00:00.000Z' },
    { sentat: 'yesterday' },
    { 'idempotency-key': 'k' },
    { 'content-type': 'application/x-ndjson' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'text/plain; charset=utf-8' },
  ),
})

/** One unusual thing at a time, in an event that would be usual without it. */
export const ONE_AT_A_TIME: readonly string[] = [
  ...[...UNUSUAL, ...NOT_JSON].flatMap((value) => [
    ...['properties', 'context', 'integrations', 'unknown'].map((name) => usualWith(name, value)),
    ...['properties', 'context'].map((name) => usualWith(name, `{"a":${value}}`)),
    usualWith('properties', `{"a":[{"b":${value}}]}`),
  ]),
  ...TIMES.flatMap((value) => ['timestamp', 'sentAt'].map((name) => usualWith(name, value))),
  ...[...UNUSUAL_IDS, '"account_1"', '"account_2"', '"account_12"'].flatMap((value) => [
    ...Object.keys({ ...valueOf, ...others }).map((name) => usualWith(name, value)),
    usualWith('context', `{"group_id":${value}}`),
    usualWith('context', `{"groupId":${value},"group_id":${value}}`),
    usualWith('context', `{"group_id":${value}}`, 'group_id'),
  ]),
  ...Object.keys({ ...valueOf, ...others }).map((name) => {
    return `${usualWith(name, '"a"').slice(0, -1)},"${name}":"a"}`
  }),
]

function usualWith(name: string, value: string, without?: string): string {
  const members: Record<string, string> = {
    event: '"feature_used"',
    event_id: '"e-1"',
    group_id: '"account_1"',
    user_id: '"user_1"',
    timestamp: '"2025-05-31T01:02:03.456Z"',
  }
  members[name] = value
  if (without !== undefined) delete members[without]
  const texts = Object.entries(members).map(([key, text]) => `"${key}":${text}`)
  return `{${texts.join()}}`
}
