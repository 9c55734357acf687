import type { Logger } from '@custom-events/runtime'

/** Told of every answer: which broker gave it, and for how many milliseconds that holds us back, mostly 0. */
export type OnThrottled = (nodeId: number, ms: number) => void

/** For how long brokers have held us back because of a quota. */
export interface Throttling {
  readonly add: OnThrottled
  /** By the one that did it longest in the last window, when it is worth telling; else `null`. */
  readonly heldBackMs: number | null
}

export const THROTTLE_WINDOW_MS = 15_000

/** Held back for more than a tenth of the time is worth telling. @param clock milliseconds, never jumping. */
export function createThrottling(clock: () => number): Throttling {
  let startMs = clock()
  const msByNode = new Map<number, number>() // requests to several wait side by side
  let lastMs = 0
  const turn = (): void => {
    const passedMs = clock() - startMs
    if (passedMs < THROTTLE_WINDOW_MS) return
    // One that nobody looked at for two windows says nothing of now.
    lastMs = passedMs < 2 * THROTTLE_WINDOW_MS ? Math.max(0, ...msByNode.values()) : 0
    msByNode.clear()
    startMs = clock()
  }
  return {
    add: (nodeId, ms) => {
      turn()
      msByNode.set(nodeId, (msByNode.get(nodeId) ?? 0) + ms)
    },
    get heldBackMs() {
      turn()
      return lastMs < THROTTLE_WINDOW_MS / 10 ? null : lastMs
    },
  }
}

/**
 * Tells once when fetches are slow because a broker holds us back, and once when they are not any more. It makes
 * nobody not ready: records are read, slower than they could be.
 */
export function tellThrottled(options: {
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** @default performance.now */
  readonly now?: () => number
}): OnThrottled {
  const { log, now = () => performance.now() } = options
  const throttling = createThrottling(now)
  let isTold = false
  return (nodeId, ms) => {
    throttling.add(nodeId, ms)
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
