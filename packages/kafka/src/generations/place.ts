import type { Generation, GenerationRecord } from './generation-record.ts'
import { msSince, msSinceForCertain, type Moment } from './moment.ts'

/** A generation that was announced, and when this process heard of it. */
export interface Announced extends GenerationRecord {
  /** After it was read. */
  readonly seenAt: Moment
  /** The beginning of the last look at the topic that did not show it; `null`: there was none. */
  readonly unknownAt: Moment | null
}

/** What a process knows of the generations of a topic. */
export interface KnownGenerations {
  readonly first: Generation
  /** Those after the first, the oldest first. */
  readonly announced: readonly Announced[]
  /** The beginning of the last look that took everything there was; `null`: nobody has looked yet. */
  readonly readAt: Moment | null
}

/** Where events go. */
export interface AccountsPlace extends Generation {
  /** Why nothing may be placed there now; `null`: it may. */
  readonly closed: string | null
}

/** How long a look at the topic of erasures may be relied on by those who place accounts. */
export const PLACE_LEASE_MS = 120_000

/** The lease of these processes: another only in tests, which cannot wait for minutes. */
export function placeLeaseFrom(environment: NodeJS.ProcessEnv): number {
  const ofTest = Number(environment['NODE_ENV'] === 'test' && environment['TEST_PLACE_LEASE_MS'])
  return ofTest > 0 ? ofTest : PLACE_LEASE_MS
}

/** By how much more than a lease the next generation is waited for: clocks of two machines run apart, by less than 1 %. */
const APART = 1 / 60

/** After so long every lease has ended that was held when an announcement was seen. */
export function waitOf(leaseMs: number): number {
  return leaseMs * (1 + APART)
}

/**
 * No two generations take events at once, whoever else is there: the lease on one has ended, for everybody, when the
 * first event is placed in the next (docs/decisions/0055-growing.md).
 */
export function placeOf(
  { first, announced, readAt }: KnownGenerations,
  now: Moment,
  leaseMs: number,
): AccountsPlace {
  const last = announced.at(-1)
  if (last === undefined || hasBegun(last, now, leaseMs)) {
    return withLease(last ?? first, leaseMs, readAt === null ? null : msSince(readAt, now))
  }
  const before = announced.at(-2) ?? first
  const { unknownAt } = last
  // Looks that show the announcement renew nothing.
  if (unknownAt !== null && msSince(unknownAt, now) <= leaseMs) return { ...before, closed: null }
  const leftMs = waitOf(leaseMs) - msSinceForCertain(last.seenAt, now)
  return {
    ...before,
    closed:
      `topic ${last.topic} follows ${before.topic}: events are taken again in ${Math.ceil(leftMs / 1_000)} s, ` +
      'when nobody writes to the old one any more (docs/runbook.md#a-topic-grows)',
  }
}

function hasBegun({ isOpen, seenAt }: Announced, now: Moment, leaseMs: number): boolean {
  return isOpen || msSinceForCertain(seenAt, now) > waitOf(leaseMs)
}

function withLease(place: Generation, leaseMs: number, ageMs: number | null): AccountsPlace {
  const { generation, topic, partitions, split } = place
  const at = { generation, topic, partitions, split }
  if (ageMs !== null && ageMs <= leaseMs) return { ...at, closed: null }
  const when = ageMs === null ? 'was not' : 'was last'
  const since = ageMs === null ? 'yet' : `${Math.round(ageMs / 1_000)} s ago`
  return {
    ...at,
    closed:
      `the topic of erasures ${when} read to its end ${since}, and tells whether accounts are placed elsewhere now: ` +
      `nothing is taken without a look every ${leaseMs / 1_000} s (docs/runbook.md#a-topic-grows)`,
  }
}
