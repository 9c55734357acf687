/** A clock that stands still until it is told to move: for tests without real timers. */
export interface FakeClock {
  readonly nowMs: number
  /** Calls once, so many milliseconds later; whole ones. */
  later(ms: number, call: () => void): void
  /** Lets so many milliseconds pass; what falls due meanwhile is called in its order. */
  advance(ms: number): void
  /** Lets the time pass until something is due, and calls it. False: nothing ever will be. */
  toNext(): boolean
}

interface Timer {
  readonly dueMs: number
  readonly call: () => void
}

export function createFakeClock(): FakeClock {
  let nowMs = 0
  /** By due time, the earliest first; those of one moment in the order in which they were set. */
  const timers: Timer[] = []

  const callFirst = (): boolean => {
    const timer = timers.shift()
    if (timer === undefined) return false
    nowMs = Math.max(nowMs, timer.dueMs)
    timer.call()
    return true
  }
  return {
    get nowMs() {
      return nowMs
    },
    later: (ms, call) => {
      const dueMs = nowMs + Math.ceil(ms)
      const place = timers.findIndex((timer) => timer.dueMs > dueMs)
      timers.splice(place === -1 ? timers.length : place, 0, { dueMs, call })
    },
    advance: (ms) => {
      const untilMs = nowMs + Math.ceil(ms)
      while ((timers[0]?.dueMs ?? Infinity) <= untilMs) callFirst()
      nowMs = Math.max(nowMs, untilMs)
    },
    toNext: callFirst,
  }
}
