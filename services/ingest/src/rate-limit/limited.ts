import type { EventResult } from '../response/event-result.ts'
import type { IngestMetrics } from '../metrics.ts'
import type { CountedEvent, LimitDecision, LimitedKey, RateLimits } from './rate-limits.ts'
import { Refusal } from '../response/refusal.ts'

/** Asks the rate limits for the events of a request, and counts it when they refuse. */
export function takeLimit(
  {
    metrics,
    rateLimits,
  }: {
    readonly metrics: Pick<IngestMetrics, 'rateLimited'>
    readonly rateLimits: RateLimits
  },
  asked: {
    readonly judged: readonly CountedEvent[]
    readonly key: LimitedKey
    /** Whether its accepted events will be produced. */
    readonly mayProduce: boolean
  },
): LimitDecision {
  const limit = rateLimits.take(asked.judged, asked.key, asked.mayProduce)
  if (limit.refusedBy !== null) metrics.rateLimited.inc({ limit: limit.refusedBy })
  return limit
}

/** What a request over a limit is told. */
export function limited(
  { refusedBy, headers }: LimitDecision,
  results: readonly EventResult[],
): Refusal {
  const whose = refusedBy === 'key' ? 'this write key' : 'an account of this request'
  const detail = `too many events of ${whose}; nothing was kept; resend the same body`
  return new Refusal('rate_limited', detail, { headers, results })
}
