// Half a year of a small product, always the same: what the cookbook asks about. It goes over both changes of clocks in
// New York (2 November 2025, 8 March 2026), has events sent again and updated, and some just before a local midnight.
import { createChance, type Chance } from './chance.ts'
import { accountSteps, BEGINS, DAY_MS, DAYS, HOUR_MS } from './people.ts'

const END = BEGINS + DAYS * DAY_MS
export const SAMPLE_FROM = isoDay(BEGINS)
/** The first day after it. */
export const SAMPLE_TO = isoDay(END)

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

export interface SampleEvent {
  readonly group_id: string
  readonly event: string
  /** Milliseconds since 1970, as all times here. */
  readonly timestamp: number
  readonly event_id: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly sent_at: number | null
  readonly received_at: number
  readonly inserted_at: number
  readonly properties: Readonly<Record<string, unknown>>
  readonly source: string
  /** Of two copies of an event the higher wins. */
  readonly version: number
}

export interface SampleRejected {
  readonly code: string
  readonly received_at: number
  readonly source: string
  readonly group_id: string | null
  readonly request_id: string
  readonly resolution: 'replayed' | 'superseded' | null
}

export interface SampleDeadLetter {
  readonly error_code: string
  readonly dead_lettered_at: number
  readonly source_offset: number
  readonly resolution: 'replayed' | 'superseded' | null
}

/** How far a topic of Kafka has been consumed. */
export interface SampleTopic {
  readonly topic: string
  /** Of each partition up to when it is complete; none: no consumer has read it. */
  readonly completeUntil: readonly number[]
}

export interface Sample {
  /** Every copy, in the order in which they came. */
  readonly copies: readonly SampleEvent[]
  /** Each event once, its last copy. */
  readonly events: readonly SampleEvent[]
  readonly rejected: readonly SampleRejected[]
  readonly deadLetters: readonly SampleDeadLetter[]
  readonly topics: readonly SampleTopic[]
}

const ACCOUNTS = ['acme', 'bolt', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'haven'] as const

export function makeSample(): Sample {
  const chance = createChance(17)
  const steps = ACCOUNTS.flatMap((account, index) => accountSteps(account, index, chance))
  const ordered = steps.toSorted((one, other) => one.received_at - other.received_at)
  const firsts = ordered.map((event, index) => ({
    ...event,
    event_id: `e${index}`,
    version: index + 1,
  }))
  const again = firsts.filter((_, index) => index % 40 === 7).map(sentAgain)
  const copies = [...firsts, ...again]
  return {
    copies,
    events: lastCopies(copies),
    rejected: rejectedOf(chance),
    deadLetters: DEAD_LETTERS,
    topics: TOPICS,
  }
}

/** A plain retry, or an update: another amount, another feature. */
function sentAgain(event: SampleEvent, index: number): SampleEvent {
  const later = { ...event, version: 1_000_000 + index, received_at: event.received_at + HOUR_MS }
  const inserted = { ...later, inserted_at: later.received_at + 900 }
  if (index % 2 === 0) return inserted
  return {
    ...inserted,
    properties: { ...event.properties, feature_name: 'search', is_update: true },
  }
}

export function lastCopies(copies: readonly SampleEvent[]): readonly SampleEvent[] {
  const byIdentity = new Map<string, SampleEvent>()
  for (const copy of copies.toSorted((one, other) => one.version - other.version)) {
    const { group_id, event, timestamp, event_id } = copy
    byIdentity.set(JSON.stringify([group_id, event, timestamp, event_id]), copy)
  }
  return [...byIdentity.values()]
}

const CODES = ['missing_event', 'invalid_timestamp', 'missing_group_id'] as const
const REJECTED = 90

function rejectedOf(chance: Chance): readonly SampleRejected[] {
  return Array.from({ length: REJECTED }, (_, index) => ({
    code: chance.of(CODES),
    received_at: BEGINS + chance.upTo(DAYS * 24 * 60) * 60_000 + index,
    source: chance.of(['app', 'website', 'mobile']),
    group_id: chance.isOne(3) ? null : chance.of(ACCOUNTS),
    request_id: `request_${index}`,
    resolution: chance.of(['replayed', 'superseded', null, null]),
  }))
}

const DEAD_LETTERS: readonly SampleDeadLetter[] = Array.from({ length: 9 }, (_, index) => ({
  error_code: index % 3 === 0 ? 'unknown_schema' : '469',
  dead_lettered_at: BEGINS + index * 17 * DAY_MS + 123_456,
  source_offset: 100 + index,
  resolution: index % 4 === 0 ? 'replayed' : null,
}))

/** All of the sample can be queried; its refusals are behind; of dead letters nobody knows. */
const TOPICS: readonly SampleTopic[] = [
  { topic: 'events.tracked.v1', completeUntil: [END + DAY_MS + 456, END + DAY_MS + 123] },
  { topic: 'events.rejected.v1', completeUntil: [END - 17 * DAY_MS, END + DAY_MS] },
  { topic: 'events.tracked.v1.dlq', completeUntil: [] },
]
