import fc from 'fast-check'
import { SENT_FIELDS, type FieldName } from '@custom-events/event'
import { jsonObjectText, jsonValueText } from '../../../../../test/hostile/json-texts.ts'
import { objectText } from './usual.fixture.ts'
import { EDGES, HALVES, NOT_JSON, TIMES, UNUSUAL, UNUSUAL_IDS } from './values.fixture.ts'

export const rawValue = fc.oneof(
  { weight: 60, arbitrary: jsonValueText.map(({ text }) => text) },
  { weight: 38, arbitrary: fc.constantFrom(...UNUSUAL) },
  { weight: 1, arbitrary: fc.constantFrom(...NOT_JSON) },
)

export const id = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.constantFrom('"account_1"', '"account_2"', '"user_1"', '"é-1"', '"0f"'),
  },
  { weight: 3, arbitrary: fc.constantFrom(...UNUSUAL_IDS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
)

/** Mostly one, so that two places agree about it. */
const account = fc.oneof({ weight: 3, arbitrary: fc.constant('"account_1"') }, id)

const two = fc.nat(99).map((n) => String(n).padStart(2, '0'))
/** Of the right form, and often no moment at all. */
const oddTime = fc
  .tuple(
    fc.tuple(fc.integer({ min: 1968, max: 2032 }), two, two, two, two, two),
    fc.constantFrom('T', 'T', 't', ' ', ''),
    fc.constantFrom('', '.1', '.123', '.123', '.1234567', ',5', '.'),
    fc.constantFrom('Z', 'Z', 'z', '', '+01:00', '-0930', '+14', '+24:00'),
  )
  .map(([[year, month, day, hour, minute, second], separator, fraction, zone]) => {
    return `"${year}-${month}-${day}${separator}${hour}:${minute}:${second}${fraction}${zone}"`
  })

export const time = fc.oneof(
  {
    weight: 24,
    arbitrary: fc
      .date({ min: new Date('1999-12-01'), max: new Date('2026-02-28'), noInvalidDate: true })
      .map((date) => JSON.stringify(date)),
  },
  { weight: 3, arbitrary: fc.constantFrom(...TIMES) },
  { weight: 1, arbitrary: oddTime },
)

/** Nothing that anybody has to say something about. */
const mildValue = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.string().map((value) => JSON.stringify(value)),
  fc.constantFrom(
    'true',
    'null',
    '[]',
    '{}',
    '[1,{"a":"é","b":[""]}]',
    '"\\u00e9\\n\\ud83d\\ude00"',
  ),
)
/** Some that plans mark. */
const mildName = fc.oneof(
  { weight: 4, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom('a', 'constructor') },
)
const mildObject = fc
  .dictionary(mildName, mildValue, { maxKeys: 5 })
  .map((members) =>
    objectText(Object.entries(members).map(([name, value]) => [JSON.stringify(name), value])),
  )

const innerName = fc.oneof(
  { weight: 4, arbitrary: fc.string() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...SENT_FIELDS.group_id.names, '__proto__', 'constructor'),
  },
)
const innerObject = fc
  .array(
    fc.tuple(
      innerName,
      fc.oneof(
        { weight: 4, arbitrary: mildValue },
        { weight: 2, arbitrary: rawValue },
        fc.constantFrom(...HALVES),
        id,
      ),
    ),
    { maxLength: 4 },
  )
  .map((members) => objectText(members.map(([name, value]) => [JSON.stringify(name), value])))
export const object = fc.oneof(
  { weight: 40, arbitrary: mildObject },
  { weight: 12, arbitrary: innerObject },
  { weight: 4, arbitrary: jsonObjectText.map(({ text }) => text) },
  { weight: 2, arbitrary: rawValue },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES).map((value) => `{"a":${value}}`) },
)

/** Where SDKs say it. */
const accountInContext = fc
  .tuple(fc.constantFrom(...SENT_FIELDS.group_id.names), account, mildValue)
  .map(([name, said, value]) => `{"${name}":${said},"ip":${value}}`)

type SentKind = (typeof SENT_FIELDS)[FieldName]['kind']

const VALUES: Readonly<Record<SentKind, fc.Arbitrary<string>>> = {
  text: fc.oneof(fc.constantFrom('"feature_used"', '"é"', 'null', '"a\\"b"'), id),
  account,
  person: id,
  event_id: id,
  timestamp: time,
  sent_at: time,
  object,
}

/** What each field may say. */
export function valuesOf(name: FieldName): fc.Arbitrary<string> {
  return name === 'context' ? fc.oneof(object, accountInContext) : VALUES[SENT_FIELDS[name].kind]
}
