// Ways to write for another account, or to learn of it, with a write key that is bound to one's own.
import { createHash } from 'node:crypto'

/** The account of the key that attacks. Others begin with its name, too. */
export const OWN = 'acme'
/** As long as each other, so that answers about them have no other length. */
export const FOREIGN = 'acme-two'
export const ERASED = 'acme-ern'
export const NOBODY = 'acme-owt'

/** What no answer to anybody else may hold: it is in everything of the other account's. */
export const CANARY = 'zq7canary'
export const KEYS = {
  own: 'wk_own_4711',
  foreign: `wk_${CANARY}`,
} as const

/** The text of a key file: each key with the accounts that it may write. */
export function keyFile(): string {
  const entry = (name: string, key: string, groups: readonly string[]): object => {
    const sha256 = createHash('sha256').update(key).digest('hex')
    return { name, sha256, group_ids: groups }
  }
  const keys = [
    entry('own', KEYS.own, [OWN]),
    entry(`${CANARY} key`, KEYS.foreign, [FOREIGN, ERASED]),
  ]
  return JSON.stringify({ keys })
}

export interface HttpAttempt {
  readonly name: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

const common = { event: 'attempted', user_id: 'u', timestamp: '2026-01-05T10:00:00Z' }
/** Of the other account's own events: nobody else's event of that id may take its place. */
export const KNOWN_ID = 'known-1'

function event(change: object): object {
  return { ...common, event_id: KNOWN_ID, properties: { a: 1 }, ...change }
}
const own = event({ group_id: OWN, event_id: 'own-1' })

/** Bodies of any endpoint that name the account `them` somewhere, each as JSON text. */
const BODIES: Readonly<Record<string, (them: string) => string>> = {
  group_id: (them) => text(event({ group_id: them })),
  groupId: (them) => text(event({ groupId: them })),
  'a number as another type': (them) => text(event({ group_id: [them] })),
  'an object': (them) => text(event({ group_id: { id: them } })),
  'in its context': (them) => text(event({ context: { group_id: them } })),
  'in its context, as SDKs do': (them) => text(event({ context: { groupId: them } })),
  'beside our own, in its context': (them) =>
    text(event({ group_id: OWN, context: { groupId: them } })),
  'our own in its context': (them) => text(event({ group_id: them, context: { groupId: OWN } })),
  'two names': (them) => text(event({ group_id: OWN, groupId: them })),
  'the name twice, theirs last': (them) =>
    `{"group_id":"${OWN}",${text(event({ group_id: them })).slice(1)}`,
  'the name twice, ours last': (them) =>
    `${text(event({ group_id: them })).slice(0, -1)},"group_id":"${OWN}"}`,
  'a name with an escape': (them) =>
    text(event({ group_id: OWN })).replace('{', `{"\\u0067roup_id":"${them}",`),
  'a prototype': (them) =>
    text(event({ group_id: OWN })).replace('{', `{"__proto__":{"group_id":"${them}"},`),
  'a constructor': (them) =>
    text(event({ group_id: OWN, constructor: { prototype: { group_id: them } } })),
  'blanks around it': (them) => text(event({ group_id: ` ${them}\t` })),
  'in capitals': (them) => text(event({ group_id: them.toUpperCase() })),
  'a zero byte behind ours': (them) => text(event({ group_id: `${OWN}\u0000${them}` })),
  'in other letters': (them) => text(event({ group_id: them.replace('a', '\u0430') })),
  'ours, and theirs in the properties': (them) =>
    text(event({ group_id: OWN, properties: { group_id: them, groupId: them } })),
  'ours, and theirs in traits': (them) =>
    text(event({ group_id: OWN, traits: { groupId: them }, groups: { company: them } })),
  'a source of theirs': (them) =>
    text(event({ group_id: OWN, source: `${CANARY} key`, $group: them })),
  'not valid otherwise': (them) => text(event({ group_id: them, timestamp: 'yesterday' })),
  'no event': (them) => text(event({ group_id: them, event: null })),
  'a list, ours first': (them) => text([own, event({ group_id: them })]),
  'a list, theirs first': (them) => text([event({ group_id: them }), own]),
  'a list, ours not valid': (them) =>
    text([event({ group_id: OWN, timestamp: 'yesterday' }), event({ group_id: them })]),
  'a long list': (them) =>
    text([...Array.from({ length: 120 }, () => own), event({ group_id: them })]),
  events: (them) => text({ events: [own, event({ group_id: them })] }),
  batch: (them) => text({ batch: [own, event({ group_id: them })] }),
  'the context beside a batch': (them) => text({ batch: [event({})], context: { groupId: them } }),
  'the context beside a batch of ours': (them) =>
    text({ batch: [own], context: { groupId: them } }),
  'the account beside a batch': (them) =>
    text({ batch: [event({})], groupId: them, group_id: them }),
  NDJSON: (them) => `${text(own)}\n${text(event({ group_id: them }))}`,
  'a call to group': (them) => text({ ...event({}), type: 'group', groupId: them }),
  'a call to alias': (them) =>
    text({ ...event({ group_id: them }), type: 'alias', previousId: 'u' }),
}

function text(value: unknown): string {
  return JSON.stringify(value)
}

const POSTED = [
  '/track',
  '/api/track',
  '/v1/validate',
  '/v1/batch',
  '/v1/import',
  '/v1/track',
  '/v1/t',
  '/beacon/v1/batch',
  '/v1/group',
] as const
const QUERIES = ['', 'receipt=1&results=all', 'strict=1&results=all'] as const
const OF_SDKS = /^\/(?:v1|beacon)\//

/** How a key is shown: the last ones in the query and in the body only by SDKs. */
const MANNERS: readonly ((
  path: string,
  query: string,
  body: string,
) => Omit<HttpAttempt, 'name' | 'method'>)[] = [
  (path, query, body) => ({ path: join(path, query), body, headers: { 'x-api-key': KEYS.own } }),
  (path, query, body) => ({
    path: join(path, query),
    body,
    headers: { authorization: `Bearer ${KEYS.own}`, 'x-write-key': KEYS.foreign.slice(0, 5) },
  }),
  (path, query, body) => ({
    path: join(path, query),
    body,
    headers: {
      authorization: `Basic ${Buffer.from(`${KEYS.own}:`).toString('base64')}`,
      'idempotency-key': KNOWN_ID,
    },
  }),
  (path, query, body) => ({ path: join(path, query), body, headers: { 'x-write-key': KEYS.own } }),
  (path, query, body) =>
    isOfSdks(path)
      ? { path: join(path, `${query}&writeKey=${KEYS.own}`), body, headers: {} }
      : {
          path: join(path, query),
          body,
          headers: { 'x-api-key': KEYS.own, origin: 'https://x.test' },
        },
]

function isOfSdks(path: string): boolean {
  return OF_SDKS.test(path) && path !== '/v1/validate'
}

function join(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

/** Where something of others might be read, if anywhere; KEY and THEM stand in the path. */
const READ = [
  '/track',
  '/track?group_id=THEM',
  `/track/${KNOWN_ID}?group_id=THEM`,
  '/events?group_id=THEM',
  '/v1/errors?group_id=THEM',
  '/rejected?group_id=THEM&limit=100',
  '/v1/rejected_events/THEM',
  '/dead-letters?group_id=THEM',
  '/accounts/THEM',
  '/v1/validate?group_id=THEM',
  '/v1/projects/KEY/settings',
  `/v1/projects/wk_${CANARY.slice(0, 3)}/settings`,
  '/sourceConfig?writeKey=KEY',
  '/metrics',
  '/health/ready',
  '/docs',
  '/openapi.json',
  '/track/../metrics',
  '/track?results=all&group_id=THEM&erased=1',
] as const
const READ_BY = ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT', 'PATCH'] as const

/** Every way, once, to the account `them`. Each form goes to each endpoint, with each way to show a key somewhere. */
export function httpAttempts(them: string): readonly HttpAttempt[] {
  const posted = Object.entries(BODIES).flatMap(([name, body], form) =>
    POSTED.flatMap((path, endpoint) =>
      QUERIES.map((query, n): HttpAttempt => {
        const manner = MANNERS[(form + endpoint + n) % MANNERS.length] ?? MANNERS[0]
        if (manner === undefined) throw new RangeError('there is no manner')
        return { name: `${name} → ${path}`, method: 'POST', ...manner(path, query, body(them)) }
      }),
    ),
  )
  const read = READ.flatMap((path) =>
    READ_BY.map((method): HttpAttempt => ({
      name: `${method} ${path}`,
      method,
      path: path.replace('KEY', KEYS.own).replace('THEM', encodeURIComponent(them)),
      headers: { 'x-api-key': KEYS.own },
      body: null,
    })),
  )
  return [...posted, ...read]
}
