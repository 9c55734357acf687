import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { keyHeader, requestOf, SDK_PATH, type Headers } from './requests.ts'

const MEBIBYTE = 1_024 ** 2
const JSON_TYPE: Headers = { 'Content-Type': 'application/json' }

/** Bodies by name: what they are, and how they are made. */
const bodies: Readonly<Record<string, { readonly what: string; readonly make: () => string }>> = {
  'deep-lists': { what: '1 MiB of `[`', make: () => '['.repeat(MEBIBYTE) },
  'deep-objects': {
    what: '1 MiB of nested objects',
    make: () => nested('{"":', MEBIBYTE / 8, '0', '}'),
  },
  'deep-short': { what: '2 KB of lists, 1,000 deep', make: () => nested('[', 1_000, '', ']') },
  'many-keys': {
    what: '2 MiB, 200,000 keys in an object',
    make: () => objectOf(200_000, (n) => `k${n}`),
  },
  'integer-keys': {
    what: '2 MiB, 200,000 keys that look like far-apart indexes',
    make: () => objectOf(200_000, (n) => String(n * 20_011)),
  },
  'same-key': { what: '2 MiB, one key 250,000 times', make: () => objectOf(250_000, () => 'k') },
  'many-values': {
    what: '2 MiB of empty objects in a list',
    make: () => `[${'{},'.repeat(700_000)}{}]`,
  },
  escapes: { what: '2 MiB of escapes', make: () => `["${'\\u00e9'.repeat(350_000)}"]` },
  'half-pairs': {
    what: '2 MiB of halves of pairs',
    make: () => `["${'\\ud800'.repeat(350_000)}"]`,
  },
  digits: { what: 'a number of 2 MiB', make: () => `[${'1'.repeat(2 * MEBIBYTE)}]` },
  exponents: { what: '2 MiB of 1e999', make: () => `[${'1e999,'.repeat(350_000)}0]` },
  lines: { what: '2 MiB of lines with one digit', make: () => '0\n'.repeat(MEBIBYTE) },
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
