import type { RequestCode } from '@custom-events/event'
import { Refusal, type LoadReason } from '../response/refusal.ts'
import { createLongBodyQueue, type LongBodyQueue, type ReleaseSlot } from './long-body-queue.ts'

/** Bytes of requests held in memory by all of them together: heads, bodies, and what we need for each. */
export interface ByteBudget {
  readonly usedBytes: number
  /** Whether so many more bytes would fit, without taking them. */
  fits(bytes: number): boolean
  /** Whether so many long bodies wait for the slot that no other should be read. */
  readonly isCrowded: boolean
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
   * @returns what ends it, as `release` does; `null` when it is crowded, or the slot did not come free in time.
   */
  takeSlot(bytes: number): Promise<ReleaseSlot | null>
  release(): void
}

/** zlib works in libuv's four threads: more at once would only hold more memory. */
const MAX_INFLATING = 4
const MAX_WAITING = 256
/** Of those whose key is not known yet: the others do not wait for them, and have three threads. */
const STRANGERS = { share: 1 / 4, maxInflating: 1, maxWaiting: 64 }
/**
 * Kafka has 5 s to acknowledge after the slot, an answer 7.5 s in all. Half a second are some 110 bodies of a thousand
 * events on a core of its own.
 */
const LONG_BODY_LIMITS = { crowdedMs: 500, maxWaiting: 512, maxWaitMs: 2_000 }

export function createByteBudget(maxBytes: number): ByteBudget {
  const usage = {
    bytes: 0,
    maxBytes,
    strangerBytes: 0,
    semaphore: createSemaphore(MAX_INFLATING, MAX_WAITING),
    semaphoreOfStrangers: createSemaphore(STRANGERS.maxInflating, STRANGERS.maxWaiting),
    longBodies: createLongBodyQueue(LONG_BODY_LIMITS),
  }
  return {
    get usedBytes() {
      return usage.bytes
    },
    fits: (bytes) => fits(usage, bytes),
    get isCrowded() {
      return usage.longBodies.isCrowded
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
      if (usage.strangerBytes + bytes > usage.maxBytes * STRANGERS.share) return false
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

/** @returns `null`, without running the work, when too much waits already. */
type Semaphore = <T>(work: () => Promise<T>) => Promise<T | null>

function createSemaphore(maxRunning: number, maxWaiting: number): Semaphore {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (waiting.length >= maxWaiting) return null
    if (running === maxRunning) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next() // it takes over this place
    }
  }
}

/** Everything that speaks against taking another request, right now. */
export interface Pressure {
  readonly isDraining: boolean
  readonly kafkaReason: string | null
  readonly schemaReason: string | null
  readonly isProducerFull: boolean
  readonly hasRoom: boolean
  /** It is a long body, and many of them wait. */
  readonly isCrowded: boolean
}

/** Decides, before a body is read, whether to refuse it; `null` takes the request. */
export function shedFor(pressure: Pressure): Refusal | null {
  if (pressure.isDraining) return DRAINING
  if (pressure.kafkaReason !== null) return KAFKA_AWAY
  if (pressure.schemaReason !== null) return REGISTRY_AWAY
  if (pressure.isProducerFull) return PRODUCER_FULL
  if (!pressure.hasRoom) return NO_ROOM
  return pressure.isCrowded ? CROWDED : null
}

const ON_THEIR_WAY = 'too many events are on their way; nothing was taken'
const DRAINING = shed('draining', 'draining', 'this instance is shutting down; nothing was taken')
const KAFKA_AWAY = shed(
  'kafka_away',
  'kafka_unavailable',
  'Kafka cannot be used right now; nothing was taken',
)
/** Also found later, when the registry no longer knows the id that is written. */
export const REGISTRY_AWAY = shed(
  'registry_away',
  'kafka_unavailable',
  'the schema registry does not know the schema of events now; nothing was taken',
)
/** Also found by a long body when its turn has come. */
export const PRODUCER_FULL = shed('producer_buffer', 'overloaded', ON_THEIR_WAY)
/** Also found while a body is read or inflated. */
export const NO_ROOM = shed('bytes_in_flight', 'overloaded', ON_THEIR_WAY)
/** Also found later, when a body says only after it was sent how long it is. */
export const CROWDED = shed(
  'long_bodies',
  'overloaded',
  'too many long bodies wait to be judged; nothing was taken',
)

/** Found by the pages themselves, which hold no event. */
export const TOO_MANY_PAGES = shed(
  'pages',
  'overloaded',
  'pages are asked for faster than they are given; ask again in a moment',
)

/** Made once: in overload most requests are refused, and each error would look at the stack. */
function shed(reason: LoadReason, code: RequestCode, detail: string): Refusal {
  return new Refusal(code, detail, { loadReason: reason })
}
