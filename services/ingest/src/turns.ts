import { createDeadlines, type Overdue } from './deadlines.ts'

/** Ends a turn; does nothing when called again. */
export type EndTurn = () => void

export interface TurnLimits {
  /** No more are let in while those that wait should take longer than that. */
  readonly crowdedMs: number
  /** What was let in waits so long at most, should the estimate be wrong. */
  readonly maxWaitMs: number
}

/** Work of known size, one at a time, first come first served. */
export interface Turns {
  /**
   * Whether what waits takes too long already, judged by the speed of the turns before: a queue of known length
   * at a known speed is a wait of known length. Without it everything would wait until it is given up, and what
   * was spent on it before would be lost: the less gets done the more is asked for.
   */
  readonly isCrowded: boolean
  /** Waits for the turn; `null`: at once when it is crowded, or because the turn did not come in time. */
  take(bytes: number): Promise<EndTurn | null>
}

/** @param clock milliseconds, never jumping. */
export function createTurns(
  { crowdedMs, maxWaitMs }: TurnLimits,
  clock: () => number = () => performance.now(),
): Turns {
  const waiting = new Set<Waiting>()
  const deadlines = createDeadlines(maxWaitMs)
  const speed = createSpeed()
  let isTaken = false
  let waitingBytes = 0

  const start = (bytes: number): EndTurn => {
    const startedAt = clock()
    let isEnded = false
    return () => {
      if (isEnded) return
      isEnded = true
      speed.add(bytes, clock() - startedAt)
      next()
    }
  }
  const next = (): void => {
    const [first] = waiting
    if (first === undefined) isTaken = false
    else first.settle(start(first.bytes))
  }
  const isCrowded = (): boolean => waitingBytes * speed.msPerByte() > crowdedMs

  return {
    get isCrowded() {
      return isCrowded()
    },
    take: (bytes) => {
      if (!isTaken) {
        isTaken = true
        return Promise.resolve(start(bytes))
      }
      if (isCrowded()) return Promise.resolve(null)
      return new Promise((resolve) => {
        const settle = (turn: EndTurn | null): void => {
          deadlines.remove(item)
          waiting.delete(item)
          waitingBytes -= bytes
          resolve(turn)
        }
        const item: Waiting = { bytes, dueAt: 0, settle, onOverdue: () => settle(null) }
        deadlines.add(item)
        waiting.add(item)
        waitingBytes += bytes
      })
    },
  }
}

/** How long a byte takes, by the last turns: each counts for an eighth less with every one after it. */
function createSpeed() {
  let [bytes, ms] = [0, 0]
  return {
    add: (moreBytes: number, moreMs: number): void => {
      bytes = bytes * KEPT + moreBytes
      ms = ms * KEPT + moreMs
    },
    /** 0 as long as nothing is known. */
    msPerByte: (): number => (bytes === 0 ? 0 : ms / bytes),
  }
}

const KEPT = 7 / 8

interface Waiting extends Overdue {
  readonly bytes: number
  settle(turn: EndTurn | null): void
}
