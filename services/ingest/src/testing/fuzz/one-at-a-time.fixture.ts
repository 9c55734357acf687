import { ALIASES, KEY_NAMES, SDK_NAMES } from '@custom-events/event'
import { usualWith } from './usual.fixture.ts'
import { HALVES, NOT_JSON, TIMES, UNUSUAL, UNUSUAL_IDS } from './values.fixture.ts'

const NAMES = [...Object.values(ALIASES).flat(), ...SDK_NAMES, ...KEY_NAMES, 'type', 'unknown']

const { timestamp: _, sent_at: __, properties: ___, context: ____, ...ids } = ALIASES
const ID_NAMES = [...Object.values(ids).flat(), ...KEY_NAMES, 'type']

/** One unusual thing at a time, in an event that would be usual without it. */
export const ONE_AT_A_TIME: readonly string[] = [
  ...[...UNUSUAL, ...HALVES, ...NOT_JSON].flatMap((value) => [
    ...['properties', 'context', 'integrations', 'unknown'].map((name) => usualWith(name, value)),
    ...['properties', 'context'].map((name) => usualWith(name, `{"a":${value}}`)),
    usualWith('properties', `{"a":[{"b":${value}}]}`),
  ]),
  ...TIMES.flatMap((value) =>
    [...ALIASES.timestamp, ...ALIASES.sent_at].map((name) => usualWith(name, value)),
  ),
  ...[...UNUSUAL_IDS, '"account_1"', '"account_2"', '"account_12"'].flatMap((value) => [
    ...ID_NAMES.map((name) => usualWith(name, value)),
    ...ALIASES.group_id.flatMap((name) => [
      usualWith('context', `{"${name}":${value}}`),
      usualWith('context', `{"${name}":${value}}`, 'group_id'),
    ]),
    usualWith('context', `{"groupId":${value},"group_id":${value}}`),
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
  return ALIASES.user_id.flatMap((user) =>
    ALIASES.anonymous_id.flatMap((stranger) =>
      values.flatMap(([userId, strangerId]) => {
        const people = [`"${user}" :${userId}`, `"${stranger}":${strangerId}`]
        return [people, people.toReversed()].map((members) => `{${members.join()},${rest}`)
      }),
    ),
  )
}
