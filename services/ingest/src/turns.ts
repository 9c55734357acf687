import { createDeadlines, type Overdue } from './deadlines.ts'

/** Ends a turn; does nothing when called again. */
export type EndTurn = () => void

export interface TurnLimits {
  /** More than so many are refused at once. */
  readonly maxWaiting: number
  readonly maxWaitMs: number
}

/**
 * One at a time, first come first served.
 *
 * @returns waits for the turn; `null` when it did not come in time, or when too many wait already.
 */
export function createTurns({ maxWaiting, maxWaitMs }: TurnLimits): () => Promise<EndTurn | null> {
  const waiting = new Set<Waiting>()
  const deadlines = createDeadlines(maxWaitMs)
  let isTaken = false

  const start = (): EndTurn => {
    let isEnded = false
    return () => {
      if (!isEnded) next()
      isEnded = true
    }
  }
  const next = (): void => {
    const [first] = waiting
    if (first === undefined) isTaken = false
    else first.settle(start())
  }

  return () => {
    if (!isTaken) {
      isTaken = true
      return Promise.resolve(start())
    }
    if (waiting.size >= maxWaiting) return Promise.resolve(null)
    return new Promise((resolve) => {
      const settle = (turn: EndTurn | null): void => {
        deadlines.remove(item)
        waiting.delete(item)
        resolve(turn)
      }
      const item: Waiting = { dueAt: 0, settle, onOverdue: () => settle(null) }
      deadlines.add(item)
      waiting.add(item)
    })
  }
}

interface Waiting extends Overdue {
  settle(turn: EndTurn | null): void
}
