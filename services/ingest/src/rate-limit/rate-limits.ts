import { createBucketTable } from './bucket-table.ts'
import { remainingEvents, takeFrom, type BucketRule } from './token-bucket.ts'

/** The limits of this process; `null`: none. */
export interface RateLimitRules {
  /** Of each write key, unless it brings its own. */
  readonly key: BucketRule | null
  /** Of each account. */
  readonly account: BucketRule | null
}

export const NO_RATE_LIMITS: RateLimitRules = { key: null, account: null }

/** What the limits say to a request. */
export interface LimitDecision {
  /** The limit that refuses it, or `null` when it may go on; then its events are counted. */
  readonly refusedBy: LimitName | null
  /** `RateLimit` and `RateLimit-Policy`; with `Retry-After` when refused; empty without a limit. */
  readonly headers: Readonly<Record<string, string>>
}

export type LimitName = 'key' | 'account'

/** A judged event, as far as the limits look at it. */
export interface CountedEvent {
  readonly verdict:
    | { readonly status: 'accepted'; readonly event: { readonly group_id: string } }
    | { readonly status: 'rejected' | 'ignored' }
}

/** A write key, as far as the limits look at it. */
export interface LimitedKey {
  readonly hash: Buffer
  /** Its own limit; `null`: the limit of all keys. */
  readonly rateLimit: BucketRule | null
}

export interface RateLimits {
  /**
   * All or nothing: counts the events of a request in every bucket, or in none when one refuses.
   *
   * @param mayProduce whether its accepted events will be produced; otherwise only the key pays, for all of them.
   */
  take(judged: readonly CountedEvent[], key: LimitedKey, mayProduce: boolean): LimitDecision
}

/** Buckets of accounts; some 100 to 400 bytes each. */
const MAX_BUCKETS = 100_000

/** @param clock milliseconds, never going back. @param random 0 to 1, for the jitter. */
export function createRateLimits(options: {
  readonly rules: RateLimitRules
  readonly clock: () => number
  readonly random: () => number
  /** @default 100_000 */
  readonly maxBuckets?: number
}): RateLimits {
  const { rules, clock, random, maxBuckets = MAX_BUCKETS } = options
  const tables = { key: createBucketTable(maxBuckets), account: createBucketTable(maxBuckets) }
  return {
    take: (judged, key, mayProduce) => {
      const keyRule = key.rateLimit ?? rules.key
      if (keyRule === null && rules.account === null) return UNLIMITED
      const now = clock()
      const demands = [
        ...(keyRule === null ? [] : [keyDemand(judged, key, keyRule)]),
        ...(rules.account === null || !mayProduce ? [] : accountDemands(judged, rules.account)),
      ].filter(({ events }) => events > 0)
      const asked = demands.map((demand) => {
        const { limit, name, rule, events } = demand
        const taking = takeFrom(rule, tables[limit].fullAt(name, now), events, now)
        return { ...demand, taking }
      })
      const slowest = asked.toSorted((a, b) => b.taking.waitMs - a.taking.waitMs)[0]
      const refusedBy = slowest === undefined || slowest.taking.isTaken ? null : slowest.limit
      if (refusedBy === null) {
        for (const { limit, name, taking } of asked) tables[limit].set(name, taking.fullAtMs, now)
      }
      const waitMs = slowest?.taking.waitMs ?? 0
      const retryAfter = refusedBy === null ? {} : { 'Retry-After': retrySeconds(waitMs, random()) }
      return { refusedBy, headers: { ...limitHeaders(asked, now), ...retryAfter } }
    },
  }
}

const UNLIMITED: LimitDecision = { refusedBy: null, headers: {} }

/** So many events of one bucket. */
interface Demand {
  readonly limit: LimitName
  readonly name: string
  readonly rule: BucketRule
  readonly events: number
}

/**
 * A key pays for every event that was found, whatever becomes of it: each costs the same work. A bucket is known by its rule,
 * too: all of its state is when it will be full, at that rate. Else a key whose limit was raised would have to wait
 * until what it owed would have been paid by the old one.
 */
function keyDemand(
  { length: events }: readonly unknown[],
  { hash }: LimitedKey,
  rule: BucketRule,
): Demand {
  const name = `${hash.toString('hex')} ${rule.eventsPerSecond}/${rule.burstEvents}`
  return { limit: 'key', name, rule, events }
}

function accountDemands(judged: readonly CountedEvent[], rule: BucketRule): readonly Demand[] {
  const eventsByAccount = new Map<string, number>()
  for (const { verdict } of judged) {
    if (verdict.status !== 'accepted') continue
    const { group_id: account } = verdict.event
    eventsByAccount.set(account, (eventsByAccount.get(account) ?? 0) + 1)
  }
  return [...eventsByAccount].map(([name, events]) => ({ limit: 'account', name, rule, events }))
}

/** Never earlier than needed: who comes too early is refused again. Up to 30 % later, and 1 s. */
function retrySeconds(waitMs: number, random: number): string {
  return String(Math.ceil((waitMs / 1_000) * (1 + 0.3 * random)))
}

/** draft-ietf-httpapi-ratelimit-headers, counted in events; of several accounts the scarcest. */
function limitHeaders(
  asked: readonly (Demand & { readonly taking: { readonly fullAtMs: number } })[],
  nowMs: number,
): Readonly<Record<string, string>> {
  const policies: string[] = []
  const states: string[] = []
  for (const limit of ['key', 'account'] as const) {
    const scarcest = asked
      .filter((one) => one.limit === limit)
      .map(({ rule, taking: { fullAtMs } }) => {
        return { rule, fullAtMs, remaining: remainingEvents(rule, fullAtMs, nowMs) }
      })
      .toSorted((a, b) => a.remaining - b.remaining)[0]
    if (scarcest === undefined) continue
    const { rule, fullAtMs, remaining } = scarcest
    const windowSeconds = Math.max(1, Math.ceil(rule.burstEvents / rule.eventsPerSecond))
    const fullInSeconds = Math.ceil(Math.max(0, fullAtMs - nowMs) / 1_000)
    policies.push(`"${limit}";q=${rule.burstEvents};w=${windowSeconds}`)
    states.push(`"${limit}";r=${remaining};t=${fullInSeconds}`)
  }
  if (policies.length === 0) return {}
  return { 'RateLimit-Policy': policies.join(', '), RateLimit: states.join(', ') }
}
