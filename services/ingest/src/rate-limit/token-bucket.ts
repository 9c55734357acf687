/** How many events may come: so many in a lasting second, and so many at once. */
export interface BucketRule {
  readonly eventsPerSecond: number
  readonly burstEvents: number
}

/** What a bucket says to so many events, taking nothing by itself. */
export interface Taking {
  readonly isTaken: boolean
  /** How long until the same events would be taken, in milliseconds; 0 when they are. */
  readonly waitMs: number
  /** When the bucket will be full again: its whole state. */
  readonly fullAtMs: number
}

/**
 * A token bucket in one number: the moment at which it is full again. One that is full is as good as
 * one that was never used, so it need not be kept.
 *
 * A request of more events than the bucket holds is taken when the bucket is full, and leaves a debt:
 * refused for ever, it would be sent for ever. In any time of t seconds at most
 * max(burst, the largest request) + rate · t events are taken.
 */
export function takeFrom(
  rule: BucketRule,
  fullAtMs: number | undefined,
  events: number,
  nowMs: number,
): Taking {
  const msPerEvent = 1_000 / rule.eventsPerSecond
  const isFullAt = Math.max(nowMs, fullAtMs ?? nowMs)
  const usedMs = isFullAt - nowMs
  const neededMs = Math.min(events, rule.burstEvents) * msPerEvent
  const waitMs = usedMs + neededMs - rule.burstEvents * msPerEvent
  if (waitMs > ROUNDING_MS) return { isTaken: false, waitMs, fullAtMs: isFullAt }
  return { isTaken: true, waitMs: 0, fullAtMs: isFullAt + events * msPerEvent }
}

/** Times are sums of fractions. */
const ROUNDING_MS = 1e-6

/** Events that would be taken now; 0 for a bucket in debt. */
export function remainingEvents(rule: BucketRule, fullAtMs: number, nowMs: number): number {
  const usedEvents = (Math.max(0, fullAtMs - nowMs) * rule.eventsPerSecond) / 1_000
  return Math.max(0, Math.floor(rule.burstEvents - usedEvents + ROUNDING_MS))
}
