import { INFLATING, LONG_BODIES, STRANGERS } from '../limits.ts'
import { createBytesInFlight, type BytesInFlight } from './bytes-in-flight.ts'
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
   * @param isKnown whether its write key is. @default true
   */
  open(isKnown?: boolean): Reservation
}

/** What one request holds of that which all share. */
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
  const shared = {
    bytes: createBytesInFlight(maxBytes),
    inflating: createSemaphore(INFLATING.maxRunning, INFLATING.maxWaiting),
    inflatingOfStrangers: createSemaphore(STRANGERS.maxInflating, STRANGERS.maxWaiting),
    longBodies: createLongBodyQueue(LONG_BODIES),
  }
  return {
    get usedBytes() {
      return shared.bytes.used
    },
    fits: (bytes) => shared.bytes.fits(bytes),
    get isLongBodyQueueFull() {
      return shared.longBodies.isFull
    },
    open: (isKnown = true) => new HeldReservation(shared, isKnown),
  }
}

/** What all reservations share. */
interface Shared {
  readonly bytes: BytesInFlight
  readonly inflating: Semaphore
  readonly inflatingOfStrangers: Semaphore
  readonly longBodies: LongBodyQueue
}

/** A class because there is one for each request. */
class HeldReservation implements Reservation {
  readonly #shared: Shared
  #bytes = 0
  #isKnown: boolean
  #releaseSlot: ReleaseSlot | null = null

  constructor(shared: Shared, isKnown: boolean) {
    this.#shared = shared
    this.#isKnown = isKnown
  }

  take(bytes: number): boolean {
    if (!this.#shared.bytes.take(bytes, this.#isKnown)) return false
    this.#bytes += bytes
    return true
  }

  becomeKnown(): void {
    if (!this.#isKnown) this.#shared.bytes.becomeKnown(this.#bytes)
    this.#isKnown = true
  }

  withSemaphore<T>(work: () => Promise<T>): Promise<T | null> {
    const { inflating, inflatingOfStrangers } = this.#shared
    return this.#isKnown ? inflating(work) : inflatingOfStrangers(work)
  }

  async takeSlot(bytes: number): Promise<ReleaseSlot | null> {
    this.#releaseSlot = await this.#shared.longBodies.take(bytes)
    return this.#releaseSlot
  }

  release(): void {
    this.#releaseSlot?.()
    this.becomeKnown()
    this.#shared.bytes.giveBack(this.#bytes)
    this.#bytes = 0
  }
}
