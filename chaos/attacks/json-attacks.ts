import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { keyHeader, requestOf, SDK_PATH, type Headers } from './requests.ts'

/** Just less than somebody may send whose key is not known. */
const MEGABYTE = 1_000_000
const JSON_TYPE: Headers = { 'Content-Type': 'application/json' }

/** Bodies by name: what they are, and how they are made. */
const bodies: Readonly<Record<string, { readonly what: string; readonly make: () => string }>> = {
  'deep-lists': { what: '1 MB of `[`', make: () => '['.repeat(MEGABYTE) },
  'deep-objects': {
    what: '1 MB of nested objects',
    make: () => nested('{"":', MEGABYTE / 8, '0', '}'),
  },
  'deep-short': { what: '2 KB of lists, 1,000 deep', make: () => nested('[', 1_000, '', ']') },
  'many-keys': {
    what: '1 MB, 90,000 keys in an object',
    make: () => objectOf(90_000, (n) => `k${n}`),
  },
  'keys-within-limits': {
    what: '1 MB, 29 events of 3,000 keys, which are read',
    make: () =>
      `[${Array.from({ length: 29 }, (_, event) => objectOf(3_000, (n) => `${event}_${n}`)).join()}]`,
  },
  'integer-keys': {
    what: '1 MB, 70,000 keys that look like far-apart indexes',
    make: () => objectOf(70_000, (n) => String(n * 20_011)),
  },
  'same-key': { what: '1 MB, one key 160,000 times', make: () => objectOf(160_000, () => 'k') },
  'many-values': {
    what: '1 MB of empty objects in a list',
    make: () => `[${'{},'.repeat(330_000)}{}]`,
  },
  escapes: { what: '1 MB of escapes', make: () => `["${'\\u00e9'.repeat(160_000)}"]` },
  'half-pairs': {
    what: '1 MB of halves of pairs',
    make: () => `["${'\\ud800'.repeat(160_000)}"]`,
  },
  digits: { what: 'a number of 1 MB', make: () => `[${'1'.repeat(MEGABYTE)}]` },
  exponents: { what: '1 MB of 1e999', make: () => `[${'1e999,'.repeat(160_000)}0]` },
  lines: { what: '1 MB of lines with one digit', make: () => '0\n'.repeat(MEGABYTE / 2) },
  'keys-in-events': {
    what: '2,500 events, each with a key of its own that nobody knows',
    make: () => `{"batch":[${Array.from({ length: 2_500 }, eventWithKey).join()}]}`,
  },
}

/** Each body without a key, on a path that reads it, and with one. */
export const jsonAttacks: readonly Attack[] = Object.entries(bodies).flatMap(
  ([name, { what, make }]) => {
    const request = (more: Headers): Buffer =>
      requestOf(SDK_PATH, make(), { ...JSON_TYPE, ...more })
    const send = { perSecond: 10, connections: 32 }
    const sends = `10 a second: ${what}`
    const keyless: Attack = {
      name,
      sends,
      isKeyed: false,
      prepare: () => {
        const bytes = request({})
        return (hands) => flood(hands, { ...send, request: () => bytes })
      },
    }
    const keyed: Attack = {
      name: `${name}-with-key`,
      sends,
      isKeyed: true,
      prepare: () => (hands) => {
        const bytes = request(keyHeader(hands.target))
        return flood(hands, { ...send, request: () => bytes })
      },
    }
    return [keyless, keyed]
  },
)

function nested(open: string, depth: number, inside: string, close: string): string {
  return open.repeat(depth) + inside + close.repeat(depth)
}

function objectOf(count: number, key: (n: number) => string): string {
  return `{${Array.from({ length: count }, (_, n) => `"${key(n)}":0`).join()}}`
}

function eventWithKey(_: unknown, n: number): string {
  return `{"event":"e","userId":"u","writeKey":"${String(n).padStart(32, '0')}"}`
}
