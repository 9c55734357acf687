import { createHash } from 'node:crypto'
import { ERASED_PERSON, isErased, type Account } from './accounts.ts'
import { createRandom, hash, type Random } from './random.ts'

/** One copy of an event: `version` counts its updates from 0. */
export interface Copy {
  readonly account: Account
  readonly seq: number
  readonly version: number
}

/** What is sent to `/track`. */
export interface SentEvent {
  readonly event_id: string
  readonly event: string
  readonly group_id: string
  readonly user_id?: string
  readonly anonymous_id?: string
  readonly timestamp: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
}

const NAMES = ['feature_used', 'page_viewed', 'plan_changed', 'custom.event_example', 'été 🎉']
const TEXTS = ['plain', 'new\nline\n\nlines', 'quote"s', 'é👩‍👧\u2028', '\u0000nul', '\\N', '{"a":1}']
const FIRST_DAY = Date.UTC(2026, 7, 20)
/** Across three months, so that one batch goes to several partitions of the table. */
const SPAN_MS = 75 * 86_400_000

/** Event `seq` of an account: a pure function of the seed and the copy, so a retry has the same bytes. */
export function makeEvent(seed: number, { account, seq, version }: Copy): SentEvent {
  const identity = createRandom(hash(seed, account.index, seq), 'identity')
  const body = createRandom(hash(seed, account.index, seq, version), 'body')
  const isKnown = identity.chance(0.8)
  return {
    event_id: eventId(account.index, seq),
    event: identity.pick(NAMES),
    group_id: account.groupId,
    ...whoOf({ account, seq }, isKnown, body),
    timestamp: new Date(FIRST_DAY + Math.floor(identity.next() * SPAN_MS)).toISOString(),
    properties: {
      seq,
      version,
      text: body.pick(TEXTS),
      amount: Math.round(body.next() * 1e6) / 100,
      ...(body.chance(0.5) ? { email: `user_${body.integer(0, 999)}@example.com` } : {}),
      ...(body.chance(0.05) ? { filler: 'x'.repeat(body.integer(100, 4_000)) } : {}),
    },
    ...(body.chance(0.5) ? { context: { ip: `10.0.0.${body.integer(0, 255)}`, tags: [] } } : {}),
  }
}

/** The same numbers are drawn whoever it is. */
function whoOf(
  event: Pick<Copy, 'account' | 'seq'>,
  isKnown: boolean,
  body: Random,
): Pick<SentEvent, 'user_id' | 'anonymous_id'> {
  const number = body.integer(0, 999)
  if (event.account.erased === 'person') {
    return { user_id: isErased(event) ? ERASED_PERSON : `neighbour_${number}` }
  }
  return isKnown ? { user_id: `user_${number}` } : { anonymous_id: `anonymous_${number}` }
}

export function eventId(account: number, seq: number): string {
  return `e.${account}.${seq}`
}

/** @returns null for an id that no event of ours has. */
export function parseEventId(
  id: string,
): { readonly account: number; readonly seq: number } | null {
  const match = /^e\.(\d+)\.(\d+)$/.exec(id)
  return match === null ? null : { account: Number(match[1]), seq: Number(match[2]) }
}

/** An event that must be rejected; it has no account or an impossible time. */
export function makeInvalidEvent(number: number): object {
  const common = { event_id: invalidId(number), event: 'invalid', user_id: 'u' }
  return number % 2 === 0
    ? { ...common, timestamp: '2026-09-01T00:00:00Z' }
    : { ...common, group_id: 'account_invalid', timestamp: 'the day before yesterday' }
}

export function invalidId(number: number): string {
  return `invalid.${number}`
}

/** What must be stored of a copy, as 32 hexadecimal digits; `STORED_HASH` computes the same in ClickHouse. */
export function canonicalHash(event: SentEvent): string {
  const fields = [
    event.group_id,
    event.event,
    String(Date.parse(event.timestamp)),
    event.event_id,
    event.user_id ?? '',
    event.anonymous_id ?? '',
    JSON.stringify(event.properties),
    JSON.stringify(event.context ?? {}),
    '{}',
  ]
  return createHash('md5').update(fields.join('\n')).digest('hex')
}

/** SQL over the columns of `tracked`. */
export const STORED_HASH = String.raw`lower(hex(MD5(concat(
  group_id, '\n', event, '\n', toString(toUnixTimestamp64Milli(timestamp)), '\n', event_id, '\n',
  ifNull(user_id, ''), '\n', ifNull(anonymous_id, ''), '\n', properties, '\n', context, '\n', extra))))`
