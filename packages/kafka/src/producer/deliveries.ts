import type { ProduceOutcome } from '../records.ts'

/** One call of `produce`: collects an outcome for each of its records. */
export interface Delivery {
  /** By the clock that never jumps: when it is over at the latest. */
  readonly deadlineMs: number
  /** Everything is settled, or the deadline passed: nobody waits any longer. */
  readonly isOver: boolean
  settle(index: number, outcome: ProduceOutcome): void
}

export interface Deliveries extends Disposable {
  /** Resolves with what is known by the deadline; what is missing then is unacknowledged. */
  start(count: number, resolve: (outcomes: readonly ProduceOutcome[]) => void): Delivery
}

export const UNAVAILABLE: ProduceOutcome = {
  status: 'unacknowledged',
  reason: 'kafka_unavailable',
}

/**
 * Every delivery has the same time, so the oldest is always the next to run out: one timer for all of
 * them instead of one that is made and cleared for each.
 */
export function createDeliveries(timeoutMs: number): Deliveries {
  const waiting = new Set<PendingDelivery>()
  let timer: NodeJS.Timeout | null = null

  const endOverdue = (): void => {
    timer = null
    const now = performance.now()
    for (const delivery of waiting) {
      if (delivery.deadlineMs > now) {
        timer = setTimeout(endOverdue, delivery.deadlineMs - now)
        return
      }
      delivery.end()
    }
  }

  return {
    start: (count, resolve) => {
      const delivery = new PendingDelivery(count, {
        deadlineMs: performance.now() + timeoutMs,
        resolve,
        waiting,
      })
      if (count === 0) delivery.end()
      else timer ??= setTimeout(endOverdue, timeoutMs)
      return delivery
    },
    [Symbol.dispose]: () => {
      if (timer !== null) clearTimeout(timer)
      for (const delivery of waiting) delivery.end()
    },
  }
}

class PendingDelivery implements Delivery {
  readonly deadlineMs: number
  isOver = false
  readonly #outcomes: ProduceOutcome[] = []
  #missing: number
  readonly #resolve: (outcomes: readonly ProduceOutcome[]) => void
  readonly #waiting: Set<PendingDelivery>

  constructor(
    count: number,
    life: {
      readonly deadlineMs: number
      readonly resolve: (outcomes: readonly ProduceOutcome[]) => void
      readonly waiting: Set<PendingDelivery>
    },
  ) {
    this.deadlineMs = life.deadlineMs
    for (let index = 0; index < count; index++) this.#outcomes.push(UNAVAILABLE)
    this.#missing = count
    this.#resolve = life.resolve
    this.#waiting = life.waiting
    life.waiting.add(this)
  }

  settle(index: number, outcome: ProduceOutcome): void {
    if (this.isOver) return
    this.#outcomes[index] = outcome
    this.#missing -= 1
    if (this.#missing === 0) this.end()
  }

  end(): void {
    if (this.isOver) return
    this.isOver = true
    this.#waiting.delete(this)
    this.#resolve(this.#outcomes)
  }
}
