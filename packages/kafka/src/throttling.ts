import type { Logger } from '@custom-events/service'

/** For how long a broker has held us back because of a quota. */
export interface Throttling {
  add(ms: number): void
  /** Of the last window, when it is worth telling; else `null`. */
  readonly heldBackMs: number | null
}

export const THROTTLE_WINDOW_MS = 15_000

/** Held back for more than a tenth of the time is worth telling. @param clock milliseconds, never jumping. */
export function createThrottling(clock: () => number): Throttling {
  let startMs = clock()
  let sumMs = 0
  let lastMs = 0
  const turn = (): void => {
    const passedMs = clock() - startMs
    if (passedMs < THROTTLE_WINDOW_MS) return
    // One that nobody looked at for two windows says nothing of now.
    lastMs = passedMs < 2 * THROTTLE_WINDOW_MS ? sumMs : 0
    sumMs = 0
    startMs = clock()
  }
  return {
    add: (ms) => {
      turn()
      sumMs += ms
    },
    get heldBackMs() {
      turn()
      return lastMs < THROTTLE_WINDOW_MS / 10 ? null : lastMs
    },
  }
}

/**
 * Told of every answer, for how many milliseconds its broker holds us back: once when fetches are slow for it, once when
 * they are not any more. It makes nobody not ready: records are read, slower than they could be.
 */
export function tellThrottled(options: {
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** @default performance.now */
  readonly now?: () => number
}): (ms: number) => void {
  const { log, now = () => performance.now() } = options
  const throttling = createThrottling(now)
  let isTold = false
  return (ms) => {
    throttling.add(ms)
    const { heldBackMs } = throttling
    if (isTold === (heldBackMs !== null)) return
    isTold = heldBackMs !== null
    if (!isTold) return log.info('Kafka does not hold this consumer back any more')
    log.warn(
      { heldBackMs, code: 'THROTTLED' },
      `Kafka has held back this consumer for ${heldBackMs} ms of ${THROTTLE_WINDOW_MS / 1_000} s (THROTTLED): ` +
        'raise the quota of its user or client (consumer_byte_rate, request_percentage)',
    )
  }
}
