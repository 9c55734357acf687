/** Kept of a time limit for what comes after the last insert: committing, leaving the group, closing. */
const RESERVE_MS = 5_000

/** How long a running request may go on when everything must be over within `limitMs`. */
export function abandonAfterMs(limitMs: number): number {
  return Math.max(limitMs - RESERVE_MS, limitMs / 2)
}

/** A signal that is aborted so many milliseconds after another; its timer keeps no process alive. */
export function abortedAfter(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController()
  const start = (): void => void setTimeout(() => later.abort(), ms).unref()
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return later.signal
}
