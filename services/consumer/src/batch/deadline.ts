/** Time as the loop sees it. */
export interface Clock {
  /** Milliseconds of any clock that never goes back. */
  readonly now: () => number
  /** Calls once, so many milliseconds later; keeps no process alive. */
  readonly later: (ms: number, call: () => void) => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  later: (ms, call) => void setTimeout(call, ms).unref(),
}

/** Kept of a time limit for what comes after the last insert: committing, leaving the group, closing. */
const RESERVE_MS = 5_000

/** How long a running request may go on when everything must be over within `limitMs`. */
export function abandonAfterMs(limitMs: number): number {
  return Math.max(limitMs - RESERVE_MS, limitMs / 2)
}

/** A signal that is aborted so many milliseconds after another. */
export function abortedAfter(
  signal: AbortSignal,
  ms: number,
  clock: Pick<Clock, 'later'>,
): AbortSignal {
  const later = new AbortController()
  const start = (): void => clock.later(ms, () => later.abort('overdue'))
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return later.signal
}
