/** How long clients are told to wait, in whole seconds; longer the longer an outage lasts. */
export interface RetryAdvice {
  /** Events were acknowledged: the outage, if there was one, is over. */
  succeeded(): void
  /** Kafka or the registry is away. */
  failed(): void
  /** Value of `Retry-After`: whole seconds, because SDKs read nothing else. */
  seconds(): number
}

/** Up to this age of the outage (ms) clients wait this long (s); the last row is for older ones. */
const STEPS = [
  { untilMs: 10_000, seconds: 2 },
  { untilMs: 60_000, seconds: 10 },
  { untilMs: 300_000, seconds: 60 },
  { untilMs: Infinity, seconds: 300 },
]

const JITTER = 0.3

/** @param clock milliseconds, never jumping. @param random 0 to 1; ±30 % keeps clients from returning all at once. */
export function createRetryAdvice(clock: () => number, random: () => number): RetryAdvice {
  let failingSince: number | null = null
  return {
    succeeded: () => {
      failingSince = null
    },
    failed: () => {
      failingSince ??= clock()
    },
    seconds: () => {
      const age = failingSince === null ? 0 : clock() - failingSince
      const seconds = STEPS.find(({ untilMs }) => age < untilMs)?.seconds ?? 300
      return Math.max(1, Math.round(seconds * (1 - JITTER + 2 * JITTER * random())))
    },
  }
}
