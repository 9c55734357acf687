import type { IncomingHttpHeaders } from 'node:http'
import { createEventCodec } from '@custom-events/codec'
import {
  createErasedIds,
  createEventIds,
  createSealValue,
  erasedIdOf,
  erasedKey,
  EVENT_FIELDS,
  FastEvent,
  type ErasedIds,
  type IdKind,
  NO_PLAN_SET,
  openProperties,
  splitAccounts,
  type Audience,
  type PlanSet,
} from '@custom-events/event'
import type { OutgoingRecord } from '@custom-events/kafka'
import type { Call } from '../../request/read-call.ts'
import { encode, encodeInSlices } from '../../track/encode.ts'
import { readEnvelope, readLongEnvelope, readOnReferencePath } from '../../request/envelope.ts'
import type { Envelope } from '../../request/envelope-parts.ts'
import { createJudge } from '../../track/judge.ts'
import { Refusal } from '../../response/refusal.ts'
import { SEAL_KEYS } from '../../limits.ts'
import { isSealed } from '../../seal/produce-sealed.ts'
import { createSealer } from '../../seal/sealer.ts'
import { createSealKeys } from '../../seal/seal-keys.ts'
import { ingestSettings } from '../../settings.ts'
import { Slices } from '../../admission/slices.ts'
import { TOPICS } from '../test-support.ts'
import type { Judged } from '../../track/verdicts.ts'
import { ANYBODY, type WriteKey } from '../../auth/write-keys.ts'

/** The clock at the door, in milliseconds since the epoch. */
export const RECEIVED_AT = Date.UTC(2026, 0, 31)
export const settings = ingestSettings(TOPICS, 12)
/** Some of the accounts that are drawn are split: both ways must find the same identity. */
const split = splitAccounts(['account_1', 'é-1'], 2)
const place = () => ({ ...settings.place(), split })

const codec = createEventCodec()
const ANY_ACCOUNT: WriteKey = { ...ANYBODY, name: 'wéb' }

/** A body with what matters of its request. */
export interface Sent {
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
  /** For whom its path is. @default own */
  readonly audience?: Audience
  /** Accounts that its key may write; `null`: any. @default null */
  readonly accounts?: ReadonlySet<string> | null
  /** Whether tracking plans are in force. @default false */
  readonly hasPlans?: boolean
}

/** On the reference path; in the bytes; in the bytes as of a long body, which yields to others. */
export const WAYS = ['reference', 'fast', 'long'] as const
export type Way = (typeof WAYS)[number]

/** What a way makes of a body, in a form that can be compared. */
export interface Outcome {
  /** JSON: each verdict with all that is told and stored of its event, or why the request was refused. */
  readonly told: string
  readonly judged: readonly Judged[]
  readonly records: readonly Pick<OutgoingRecord, 'topic' | 'partition' | 'key' | 'value'>[]
}

export type Judges = ReturnType<typeof createJudges>

/** Somebody, some account and some visitor of those that are drawn, each erased in a manner of its own. */
function someErased(): ErasedIds {
  const erased = createErasedIds()
  const add = (kind: IdKind, id: string, timestampBefore: number | null): void => {
    const known = erasedIdOf(kind, id)
    const spans = [{ timestampBefore, receivedBefore: null }]
    erased.set(erasedKey(known), { ...known, spans, erasureId: 'e', askedBy: '', askedAt: 0 })
  }
  add('user', 'user_1', Date.UTC(2025, 0, 1))
  add('group', 'account_9', null)
  add('anonymous', 'a', null)
  return erased
}

/** Compiling schemas takes longer than judging thousands of events: for many bodies. */
export function createJudges(plans: PlanSet = NO_PLAN_SET) {
  const erased = someErased()
  const judgeWith = (hasFastPath: boolean) =>
    createJudge({
      plans: { current: plans },
      rules: settings.rules,
      erased,
      eventIds: () => createEventIds((pool) => pool.fill(7)),
      hasFastPath,
    })
  const fast = judgeWith(true)
  return { reference: judgeWith(false), fast, long: fast, plans }
}

export async function outcomeOf(way: Way, sent: Sent, judges: Judges): Promise<Outcome> {
  const { headers, audience = 'own', accounts = null } = sent
  try {
    const envelope = await read(way, sent)
    const { sentAt, key } = envelope
    const call: Call = {
      requestId: 'r',
      key: { ...ANY_ACCOUNT, groupIds: accounts },
      audience,
      receivedAt: RECEIVED_AT,
      isStrict: false,
      headers,
      envelope,
    }
    const judged = await judges[way](call)
    const encoding = encodingWith(judges.plans)
    const records =
      way === 'long'
        ? await encodeInSlices(encoding, judged, new Slices())
        : encode(encoding, judged)
    assertOpens(judged, records)
    return { told: JSON.stringify({ events: judged.map(tell), sentAt, key }), judged, records }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message } = error
    return { told: JSON.stringify({ code, message }), judged: [], records: [] }
  }
}

/** Seals always with the same bytes, so that what the ways make of an event can be compared. */
function encodingWith(plans: PlanSet) {
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 7)
  const keys = createSealKeys({ limits: SEAL_KEYS, now: () => RECEIVED_AT, random })
  const sealer = createSealer(
    keys,
    createSealValue((bytes) => bytes.fill(7)),
  )
  return {
    codec,
    schemas: { trackedId: 258 },
    settings: { place },
    plans: { current: plans },
    sealer,
  }
}

/** @throws when what is sealed does not open to what was sent. */
function assertOpens(judged: readonly Judged[], records: readonly OutgoingRecord[]): void {
  const events = judged.flatMap(({ verdict }) =>
    verdict.status === 'accepted' ? [verdict.event] : [],
  )
  for (const [index, record] of records.entries()) {
    const event = events[index]
    if (event === undefined || !isSealed(record) || record.value === null) continue
    const keyById = new Map(record.sealKeys.map((key) => [key.id, key]))
    const { properties } = codec.decode(record.value).value
    if (openProperties(properties, keyById, event.event_id) === event.properties) continue
    throw new Error(`does not open to what was sent: ${event.properties}`)
  }
}

/** Whether two outcomes say the same, and store the same bytes in the same places. */
export function isSame(one: Outcome, other: Outcome): boolean {
  if (one.told !== other.told || one.records.length !== other.records.length) return false
  return one.records.every(({ topic, partition, key, value }, index) => {
    const counterpart = other.records[index]
    const isPlace = counterpart?.topic === topic && counterpart.partition === partition
    return isPlace && isSameBytes(key, counterpart.key) && isSameBytes(value, counterpart.value)
  })
}

function isSameBytes(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}

/** @throws {Refusal} */
function read(way: Way, { bytes, headers }: Sent): Envelope | Promise<Envelope> {
  const type = headers['content-type']
  if (way === 'long') return readLongEnvelope(bytes, type, settings.limits, new Slices())
  return (way === 'fast' ? readEnvelope : readOnReferencePath)(bytes, type, settings.limits)
}

function tell({ input, verdict }: Judged): object {
  const { index, pointer, text, scanned } = input
  const sent = { index, pointer, text: text.slice(scanned.start, scanned.end) }
  if (verdict.status !== 'accepted') return { sent, verdict }
  const { event, ...rest } = verdict
  return { sent, rest, event: EVENT_FIELDS.map(({ name }) => event[name]) }
}

export function isOnFastPath({ verdict }: Judged): boolean {
  return verdict.status === 'accepted' && verdict.event instanceof FastEvent
}
