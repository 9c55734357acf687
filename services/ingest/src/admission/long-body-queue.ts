import { afterTurns, turnsAfter } from '../server/one-a-turn.ts'

/**
 * Gives the slot back; does nothing when called again.
 *
 * @param doneBytes what was done in it; without it the slot tells nothing about the speed, because what was to
 * be done was found wrong, perhaps at once.
 */
export type ReleaseSlot = (doneBytes?: number) => void

export interface LongBodyQueueLimits {
  /**
   * No more are let in while those that wait should take longer than that: a body that is given up after it has waited
   * has cost time that the others needed.
   */
  readonly fullAtMs: number
  /** Nor while so many wait, should their sizes be wrong. */
  readonly maxWaiting: number
  /** What was let in waits so long at most, should the estimate be wrong. */
  readonly maxWaitMs: number
}

/** Long bodies, of known size, wait for the one slot: first come first served. */
export interface LongBodyQueue {
  /**
   * Whether what waits takes too long already, judged by the speed of the slots before: a queue of known length
   * at a known speed is a wait of known length.
   */
  readonly isFull: boolean
  /**
   * Waits for the slot; `null`: at once when it is full, or because the slot did not come free in time.
   *
   * @param bytes how much it is, as far as is known.
   */
  take(bytes: number): Promise<ReleaseSlot | null>
}

/** @param clock milliseconds, never jumping. */
export function createLongBodyQueue(
  { fullAtMs, maxWaiting, maxWaitMs }: LongBodyQueueLimits,
  clock: () => number = () => performance.now(),
): LongBodyQueue {
  /** What ends the wait of each: with its slot, or `null`. */
  const waiting = new Set<(slot: ReleaseSlot | null) => void>()
  const speed = createSpeed()
  let isTaken = false
  let waitingBytes = 0

  const start = (): ReleaseSlot => {
    const startedAt = clock()
    let isEnded = false
    return (doneBytes = 0) => {
      if (isEnded) return
      isEnded = true
      const tookMs = clock() - startedAt
      if (doneBytes > 0) speed.add(doneBytes, tookMs)
      // What is done has yielded by itself. What was refused was parsed in one piece: all that wait would follow in this turn.
      afterTurns(doneBytes > 0 ? 1 : turnsAfter(tookMs), next)
    }
  }
  const next = (): void => {
    const [first] = waiting
    if (first === undefined) isTaken = false
    else first(start())
  }
  const isFull = (): boolean =>
    waiting.size >= maxWaiting || waitingBytes * speed.msPerByte() > fullAtMs

  return {
    get isFull() {
      return isFull()
    },
    take: (bytes) => {
      if (!isTaken) {
        isTaken = true
        return Promise.resolve(start())
      }
      if (isFull()) return Promise.resolve(null)
      return new Promise((resolve) => {
        const settle = (slot: ReleaseSlot | null): void => {
          clearTimeout(overdue)
          waiting.delete(settle)
          waitingBytes -= bytes
          resolve(slot)
        }
        const overdue = setTimeout(() => settle(null), maxWaitMs).unref()
        waiting.add(settle)
        waitingBytes += bytes
      })
    },
  }
}

/** How long a byte takes, by the last slots: each counts for an eighth less with every one after it. */
function createSpeed() {
  let [bytes, ms] = [0, 0]
  return {
    add: (moreBytes: number, moreMs: number): void => {
      bytes = bytes * DECAY + moreBytes
      ms = ms * DECAY + moreMs
    },
    /** 0 as long as nothing is known. */
    msPerByte: (): number => (bytes === 0 ? 0 : ms / bytes),
  }
}

const DECAY = 7 / 8
