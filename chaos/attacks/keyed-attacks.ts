import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { hold } from './hold.ts'
import { keyHeader, requestOf, SDK_PATH } from './requests.ts'

const EVENT = '{"event":"e","user_id":"u","group_id":"attacker","timestamp":"2026-01-31T09:30:00Z"}'
const REFUSED = '{"event":"e","user_id":"","group_id":"attacker"}'

const list = (count: number, item: string): string =>
  Array.from({ length: count }, () => item).join()
const keysOf = (count: number, prefix: string): string =>
  `{${Array.from({ length: count }, (_, n) => `"${prefix}${n}":0`).join()}}`
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Bodies that only somebody with a key is judged for. */
const bodies: Readonly<Record<string, readonly [perSecond: number, what: string, body: string]>> = {
  'junk-beside-the-list': [
    20,
    'findings beside the list that fill its cap',
    `{"junk":[${list(22, deep(40))}],"twice":{${list(22, '"a":1')}},"context":{"k":${deep(900)}},"batch":[${EVENT}]}`,
  ],
  'nested-sent-at': [
    10,
    'a `sentAt` of 990 nested lists beside a mixed batch',
    `{"batch":[${EVENT},${REFUSED}],"sentAt":${deep(990)}}`,
  ],
  'refused-events': [10, '2,500 refused events', `{"batch":[${list(2_500, REFUSED)}]}`],
  'merged-contexts': [
    10,
    '1,000 keys beside the list and 1,000 of each of 500 events',
    `{"context":${keysOf(1_000, 'e')},"batch":[${list(500, `${EVENT.slice(0, -1)},"context":${keysOf(500, 'o')}}`)}]}`,
  ],
  'repeated-context': [
    10,
    'a context of 3.3 KB laid under 2,500 events, just within the limit',
    `{"context":{"x":"${'c'.repeat(3_300)}"},"batch":[${list(2_500, EVENT)}]}`,
  ],
  'long-lists': [10, '2,500 events', `[${list(2_500, EVENT)}]`],
}

export const keyedAttacks: readonly Attack[] = [
  ...Object.entries(bodies).map(([name, [perSecond, what, body]]): Attack => ({
    name,
    sends: `${perSecond} a second: ${what}`,
    isKeyed: true,
    prepare: () => (hands) => {
      const request = requestOf(SDK_PATH, body, keyHeader(hands.target))
      return flood(hands, { perSecond, connections: 64, request: () => request })
    },
  })),
  {
    name: 'long-answers-never-read',
    sends: '20 connections that send 50 lists of 500 refused events and read nothing',
    isKeyed: true,
    prepare: () => (hands) => {
      const body = `{"batch":[${list(500, REFUSED)}]}`
      const request = requestOf('/v1/validate?results=all', body, keyHeader(hands.target))
      const first = Buffer.concat(Array.from({ length: 50 }, () => request))
      return hold(hands, { count: 20, requests: 50, first, isDeaf: true })
    },
  },
]
