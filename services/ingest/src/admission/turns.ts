import { createDeadlines, type Overdue } from './deadlines.ts'

/**
 * Ends a turn; does nothing when called again.
 *
 * @param doneBytes what was done in it; without it the turn tells nothing about the speed, because what was to
 * be done was found wrong, perhaps at once.
 */
export type EndTurn = (doneBytes?: number) => void

export interface TurnLimits {
  /**
   * No more are let in while those that wait should take longer than that: who waits until it is given up has cost
   * time that was needed for those that are not.
   */
  readonly crowdedMs: number
  /** Nor while so many wait, should their sizes be wrong. */
  readonly maxWaiting: number
  /** What was let in waits so long at most, should the estimate be wrong. */
  readonly maxWaitMs: number
}

/** Work of known size, one at a time, first come first served. */
export interface Turns {
  /**
   * Whether what waits takes too long already, judged by the speed of the turns before: a queue of known length
   * at a known speed is a wait of known length.
   */
  readonly isCrowded: boolean
  /**
   * Waits for the turn; `null`: at once when it is crowded, or because the turn did not come in time.
   *
   * @param bytes how much it is, as far as is known.
   */
  take(bytes: number): Promise<EndTurn | null>
}

/** @param clock milliseconds, never jumping. */
export function createTurns(
  { crowdedMs, maxWaiting, maxWaitMs }: TurnLimits,
  clock: () => number = () => performance.now(),
): Turns {
  const waiting = new Set<Waiting>()
  const deadlines = createDeadlines(maxWaitMs)
  const speed = createSpeed()
  let isTaken = false
  let waitingBytes = 0

  const start = (): EndTurn => {
    const startedAt = clock()
    let isEnded = false
    return (doneBytes = 0) => {
      if (isEnded) return
      isEnded = true
      if (doneBytes > 0) speed.add(doneBytes, clock() - startedAt)
      next()
    }
  }
  const next = (): void => {
    const [first] = waiting
    if (first === undefined) isTaken = false
    else first.settle(start())
  }
  const isCrowded = (): boolean =>
    waiting.size >= maxWaiting || waitingBytes * speed.msPerByte() > crowdedMs

  return {
    get isCrowded() {
      return isCrowded()
    },
    take: (bytes) => {
      if (!isTaken) {
        isTaken = true
        return Promise.resolve(start())
      }
      if (isCrowded()) return Promise.resolve(null)
      return new Promise((resolve) => {
        const settle = (turn: EndTurn | null): void => {
          deadlines.remove(item)
          waiting.delete(item)
          waitingBytes -= bytes
          resolve(turn)
        }
        const item: Waiting = { dueAt: 0, settle, onOverdue: () => settle(null) }
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
  settle(turn: EndTurn | null): void
}
