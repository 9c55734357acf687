/** By both clocks: one stands still while a machine sleeps, the other may be set back. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export function momentNow(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}

/** How long ago it may have been: what may be relied on for some time is over by the clock that says more. */
export function msSince(then: Moment, now: Moment = momentNow()): number {
  return Math.max(0, now.monotonic - then.monotonic, now.wall - then.wall)
}

/** How long ago it was for certain: the monotonic clock never runs ahead, and nobody sets it. */
export function msSinceForCertain(then: Moment, now: Moment = momentNow()): number {
  return now.monotonic - then.monotonic
}
