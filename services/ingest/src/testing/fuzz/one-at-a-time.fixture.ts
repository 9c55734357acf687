import { EVENT_FIELDS, KEY_NAMES, SDK_NAMES, SENT_FIELDS } from '@custom-events/event'
import { usualWith } from './usual.fixture.ts'
import { HALVES, NOT_JSON, TIMES, UNUSUAL, UNUSUAL_IDS } from './values.fixture.ts'

const namesThatStore = (...types: readonly string[]): readonly string[] =>
  EVENT_FIELDS.flatMap(({ stored, names }) => (types.includes(stored) ? names : []))

const ID_NAMES = [...namesThatStore('text'), ...KEY_NAMES, 'type']
const NAMES = [...ID_NAMES, ...namesThatStore('time', 'json'), ...SDK_NAMES, 'unknown']
const ACCOUNT_NAMES = SENT_FIELDS.group_id.names
const PAIRS = ACCOUNT_NAMES.flatMap((one) => ACCOUNT_NAMES.map((other) => [one, other]))

/** One unusual thing at a time, in an event that would be usual without it. */
export const ONE_AT_A_TIME: readonly string[] = [
  ...[...UNUSUAL, ...HALVES, ...NOT_JSON].flatMap((value) => [
    ...['properties', 'context', 'integrations', 'unknown'].map((name) => usualWith(name, value)),
    ...['properties', 'context'].map((name) => usualWith(name, `{"a":${value}}`)),
    usualWith('properties', `{"a":[{"b":${value}}]}`),
  ]),
  ...TIMES.flatMap((value) => namesThatStore('time').map((name) => usualWith(name, value))),
  ...[...UNUSUAL_IDS, '"account_1"', '"account_2"', '"account_12"'].flatMap((value) => [
    ...ID_NAMES.map((name) => usualWith(name, value)),
    ...ACCOUNT_NAMES.flatMap((name) => [
      usualWith('context', `{"${name}":${value}}`),
      usualWith('context', `{"${name}":${value}}`, 'group_id'),
    ]),
    ...PAIRS.map(([one, other]) => usualWith('context', `{"${one}":${value},"${other}":${value}}`)),
    ...PAIRS.map(([one, other]) => {
      return usualWith('context', `{"${one}":"account_1"}`, 'group_id').replace(
        /^{/,
        `{"${other}":${value},`,
      )
    }),
  ]),
  ...emptyPeople(),
  ...NAMES.map((name) => `${usualWith(name, '"a"').slice(0, -1)},"${name}":"a"}`),
]

/** Empty ids of a person beside good, placeholding and absent ones, by all their names, in both orders. */
function emptyPeople(): readonly string[] {
  const rest = usualWith('properties', '{"":"","userId":""}', 'user_id').slice(1)
  const values = [
    ['""', '"a-1"'],
    [' ""', '"nil"'],
    ['\t""\n', '""'],
    ['"u-1"', '""'],
    ['"0"', ' "" '],
    ['null', '""'],
  ]
  return SENT_FIELDS.user_id.names.flatMap((user) =>
    SENT_FIELDS.anonymous_id.names.flatMap((stranger) =>
      values.flatMap(([userId, strangerId]) => {
        const people = [`"${user}" :${userId}`, `"${stranger}":${strangerId}`]
        return [people, people.toReversed()].map((members) => `{${members.join()},${rest}`)
      }),
    ),
  )
}
