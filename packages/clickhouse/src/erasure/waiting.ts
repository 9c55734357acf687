import { setTimeout as delay } from 'node:timers/promises'

/** What goes no further; what was done stays done, and the command goes on there when it is run again. */
export class ErasureStalled extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'ErasureStalled'
  }
}

/** A wait that ends: when it is over, when somebody wants it to end, or after a limit. */
export interface Waiting {
  readonly stop: AbortSignal
  /** What it waits for now; for a person. */
  readonly onWaiting: (what: string) => void
}

/** What is left to wait for, in words. */
export interface Left {
  readonly waiting: string
  /** Of a wait that is ended before it is over. */
  readonly stopped: string
  /** Of one that is over its limit. */
  readonly overdue: string
  /** By `performance.now`: from when on the limit counts. @default the first look */
  readonly since?: number
}

/**
 * Looks again and again until nothing is left.
 *
 * @throws {ErasureStalled} and whatever the look throws
 */
export async function untilNothingIsLeft(
  { stop, onWaiting }: Waiting,
  { withinMs, everyMs }: { readonly withinMs: number; readonly everyMs: number },
  look: () => Promise<Left | null>,
): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const left = await look()
    if (left === null) return
    if (stop.aborted) throw new ErasureStalled(left.stopped)
    if (performance.now() - (left.since ?? startedAt) > withinMs) {
      throw new ErasureStalled(left.overdue)
    }
    onWaiting(left.waiting)
    await delay(everyMs, null, { signal: stop }).catch(() => {})
  }
}
