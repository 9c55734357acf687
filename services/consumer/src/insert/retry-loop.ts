import type { RetryReason, Wait } from './retry.ts'
import type { Status } from '../status.ts'

/** The work in hand was given up: the partitions go elsewhere, or the service stops. Nothing is lost by it. */
export class Abandoned extends Error {
  constructor() {
    super('given up: its records are not committed and will be read again')
    this.name = 'Abandoned'
  }
}

/** Trying again until it works, or until there is no reason to. */
export interface RetryLoop {
  /** Waits before the next attempt. @throws {Abandoned} when there should be none. */
  wait(failure: Wait): Promise<void>
  /** A failure that is answered at once, without waiting. */
  counted(failure: { readonly reason: RetryReason; readonly error: Error }): void
  recovered(): void
}

/**
 * @param options.stop aborted when the partitions are taken away or the service stops: the attempt that
 * runs is finished, none is begun after it.
 * @param options.sleep resolves after that many milliseconds, or when the signal is aborted.
 */
export function createRetryLoop(options: {
  readonly stop: AbortSignal
  readonly status: Pick<Status, 'failed' | 'recovered'>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}): RetryLoop {
  const { stop, status, sleep } = options
  return {
    wait: async ({ action, reason, delayMs, error }) => {
      status.failed({ kind: action, reason, error })
      if (!stop.aborted) await sleep(delayMs, stop)
      if (stop.aborted) throw new Abandoned()
    },
    counted: ({ reason, error }) => status.failed({ kind: 'retry', reason, error }),
    recovered: () => status.recovered(),
  }
}
