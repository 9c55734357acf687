import { INFLATING, LONG_BODIES, STRANGERS } from '../limits.ts'
import { createLongBodyQueue, type LongBodyQueue, type ReleaseSlot } from './long-body-queue.ts'
import { createSemaphore, type Semaphore } from './semaphore.ts'

/**
 * What all requests together may hold: bytes in memory, a place among the few that are inflated, the one slot of long
 * bodies.
 */
export interface Budget {
  /** Of heads, bodies, and what we need for each. */
  readonly usedBytes: number
  /** Whether so many more bytes would fit, without taking them. */
  fits(bytes: number): boolean
  /** Whether so many long bodies wait for the slot that no other should be read. */
  readonly isLongBodyQueueFull: boolean
  /**
   * What one request holds; give it back when the request is over.
   *
   * @param isKnown whether its write key is: all others together have a quarter, so that they cannot keep out
   * those that are. @default true
   */
  open(isKnown?: boolean): Reservation
}

export interface Reservation {
  /** @returns whether the bytes fit; when not, nothing is taken. */
  take(bytes: number): boolean
  /** Its write key was found in its body. */
  becomeKnown(): void
  /**
   * Runs work that needs much memory before its size is known, few at a time: otherwise many small
   * bodies that inflate to the limit would together hold far more than the budget.
   * @returns `null`, without running it, when too many wait already.
   */
  withSemaphore<T>(work: () => Promise<T>): Promise<T | null>
  /**
   * Waits until no other long body is being read, judged and encoded: all that these make and let go of
   * would be in memory at once, and every one of them would take its slice between two single events.
   * @param bytes of the body, as far as it says.
   * @returns what ends it, as `release` does; `null` when too many wait already, or the slot did not come free in time.
   */
  takeSlot(bytes: number): Promise<ReleaseSlot | null>
  release(): void
}

export function createBudget(maxBytes: number): Budget {
  const usage = {
    bytes: 0,
    maxBytes,
    strangerBytes: 0,
    semaphore: createSemaphore(INFLATING.maxRunning, INFLATING.maxWaiting),
    semaphoreOfStrangers: createSemaphore(STRANGERS.maxInflating, STRANGERS.maxWaiting),
    longBodies: createLongBodyQueue(LONG_BODIES),
  }
  return {
    get usedBytes() {
      return usage.bytes
    },
    fits: (bytes) => fits(usage, bytes),
    get isLongBodyQueueFull() {
      return usage.longBodies.isFull
    },
    open: (isKnown = true) => new Held(usage, isKnown),
  }
}

/** What all reservations share. */
interface Usage {
  bytes: number
  /** Of these, what those hold whose key is not known. */
  strangerBytes: number
  readonly maxBytes: number
  readonly semaphore: Semaphore
  readonly semaphoreOfStrangers: Semaphore
  readonly longBodies: LongBodyQueue
}

function fits({ bytes, maxBytes }: Usage, more: number): boolean {
  return bytes + more <= maxBytes
}

/** A class because there is one for each request. */
class Held implements Reservation {
  readonly #usage: Usage
  #bytes = 0
  #isKnown: boolean
  #releaseSlot: ReleaseSlot | null = null

  constructor(usage: Usage, isKnown: boolean) {
    this.#usage = usage
    this.#isKnown = isKnown
  }

  take(bytes: number): boolean {
    const usage = this.#usage
    if (!fits(usage, bytes)) return false
    if (!this.#isKnown) {
      if (usage.strangerBytes + bytes > usage.maxBytes * STRANGERS.shareOfBudget) return false
      usage.strangerBytes += bytes
    }
    usage.bytes += bytes
    this.#bytes += bytes
    return true
  }

  becomeKnown(): void {
    this.#leaveStrangers()
  }

  withSemaphore<T>(work: () => Promise<T>): Promise<T | null> {
    const { semaphore, semaphoreOfStrangers } = this.#usage
    return this.#isKnown ? semaphore(work) : semaphoreOfStrangers(work)
  }

  async takeSlot(bytes: number): Promise<ReleaseSlot | null> {
    this.#releaseSlot = await this.#usage.longBodies.take(bytes)
    return this.#releaseSlot
  }

  release(): void {
    this.#releaseSlot?.()
    this.#leaveStrangers()
    this.#usage.bytes -= this.#bytes
    this.#bytes = 0
  }

  #leaveStrangers(): void {
    if (!this.#isKnown) this.#usage.strangerBytes -= this.#bytes
    this.#isKnown = true
  }
}
