// Raw JSON texts, around the limits that the code itself keeps: `JSON.stringify` makes no unusual ones.
import { EVENT_FIELDS, EVENT_RULES, SCAN_LIMITS, SENT_FIELDS } from '@custom-events/event'
import { RECEIVED_AT } from './both-ways.fixture.ts'

const { maxDepth, maxKeys } = SCAN_LIMITS
const { earliestTimestampMs, warnAheadMs, maxAheadMs, placeholderIds, suspiciousIds } = EVENT_RULES

/** Around the halves of surrogate pairs, by themselves and in an order. */
export const HALVES = ['d7ff', 'd800', 'dbff', 'dc00', 'DFFF', 'e000']
  .map((unit) => `\\u${unit}`)
  .flatMap((one) => [`"${one}"`, `"\\ud83d${one}"`, `"${one}\\ude00"`])

/** Around the limits of depth and of keys. */
export const EDGES = [
  ...[maxDepth - 1, maxDepth, maxDepth + 1].flatMap((depth) => [
    '['.repeat(depth) + ']'.repeat(depth),
    '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1),
  ]),
  manyKeys(64),
  manyKeys(65),
  manyKeys(maxKeys),
  manyKeys(maxKeys + 1),
  ...[0, 1].map((more) => {
    const [lists, left] = [Math.floor(maxKeys / 49), maxKeys % 49]
    return `[${`${manyKeys(49)},`.repeat(lists)}${manyKeys(left + more)}]`
  }),
]

export const UNUSUAL = [
  '"\\ud800"',
  '"\\udc00"',
  '"\\ud83d\\ude00"',
  '"\\uD83Dx"',
  '"\\u00e9"',
  '"\\u0000"',
  '1e999',
  '1e5',
  '-0',
  '1.50',
  '0.12345678901234567',
  '123456789012345',
  '1234567890123456',
  '9007199254740993',
  '18446744073709551616',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"":1,"":2}',
  '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
  '"\u007f"',
  '"é"',
  '"\ufeff"',
  ' 1',
  '"a" ',
  '{"groupId":"a","group_id":"a"}',
  ...SENT_FIELDS.group_id.names.map((name) => `{"${name}":"account_9"}`),
  ...EDGES,
  `{"${'a'.repeat(256)}":1,"${'a'.repeat(512)}":2,"${'a'.repeat(256)}":3}`,
]
export const NOT_JSON = [
  'NaN',
  '-Infinity',
  'Infinity',
  '"\\u00"',
  '"a',
  '{"a" 1}',
  '01',
  '1.',
  '.5',
  '-',
  'tru',
  '[1,]',
  '{"a":1,}',
  '"\t"',
  '"\\x"',
  '"\\u00g0"',
]

const lengths = new Set(
  EVENT_FIELDS.flatMap(({ chars: [min, max] = [1, 1] }) => [min, max - 1, max, max + 1]),
)

export const UNUSUAL_IDS = [
  ...[...placeholderIds, ...suspiciousIds].flatMap((id) =>
    [id, id.toUpperCase()].map((text) => JSON.stringify(text)),
  ),
  ...['x', 'é', '한', '😀'].flatMap((char) =>
    [...lengths].map((chars) => `"${char.repeat(chars)}"`),
  ),
  '" null"',
  '"null\u200b"',
  '""',
  '7',
  '-0',
  '1.0',
  '9007199254740993',
  'true',
  'null',
  '[]',
  '"\u0085"',
  '"\u009f"',
  '"\u00a0"',
  '"\u007f"',
  '"\\u0031"',
  '"a\\nb"',
  '"\\ud800"',
  '"018bcfe5-6800-7000-8000-000000000000"',
  '"İ"',
  '"e\u0301"',
  '"__proto__"',
]

const edges = [
  earliestTimestampMs,
  RECEIVED_AT,
  RECEIVED_AT + warnAheadMs,
  RECEIVED_AT + maxAheadMs,
]
  .concat(0)
  .flatMap((ms) => [ms - 1, ms, ms + 1])

export const TIMES = [
  ...edges.map((ms) => JSON.stringify(new Date(ms))),
  ...edges.map(String),
  '"2023-11-03T10:15:20Z"',
  '"2023-11-03T10:15:20.1Z"',
  '"2023-11-03t10:15:20z"',
  '"2023-11-03 10:15:20"',
  '"2023-11-03"',
  '"2023-02-29T00:00:00.000Z"',
  '"2024-02-29T00:00:00.000Z"',
  '"2100-02-29T00:00:00Z"',
  '"2023-13-01T00:00:00Z"',
  '"2023-04-31T00:00:00Z"',
  '"2023-11-03T24:00:00Z"',
  '"2023-11-03T10:15:60Z"',
  '"2023-11-03T10:15:20.123+01:00"',
  '"2023-11-03T10:15:2xZ"',
  '"2023-11-03T10:15:20,123Z"',
  '"2023-11-03T10:15:20.123456789Z"',
  '"20231103T101520Z"',
  '"2023-11-03T10:15Z"',
  '"2023-11-03T10:15:20.12Z"',
  '"2023-11-03T10:15:20.1234Z"',
  '"2023-11-03T10:15:20.123+0530"',
  '"2023-11-03T10:15:20-12"',
  '"2023-11-03T10:15:20.123-00:00"',
  '1700000000.5',
  '1700000000123456789',
  '"1700000000123456"',
  '1700000000',
  '"1700000000000"',
  'null',
  '""',
  '{}',
]

function manyKeys(count: number): string {
  return `{${Array.from({ length: count }, (_, key) => `"k${key}":0`).join()}}`
}
