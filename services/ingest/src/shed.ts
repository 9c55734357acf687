import type { RequestCode } from '@custom-events/event'
import { createTurns, type EndTurn } from './turns.ts'

/** Bytes of bodies held in memory by all requests together. */
export interface ByteBudget {
  readonly usedBytes: number
  /** Whether so many more bytes would fit, without taking them. */
  fits(bytes: number): boolean
  /** What one request holds; give it back when the request is over. */
  open(): Reservation
}

export interface Reservation {
  /** @returns whether the bytes fit; when not, nothing is taken. */
  take(bytes: number): boolean
  /**
   * Runs work that needs much memory before its size is known, few at a time: otherwise many small
   * bodies that inflate to the limit would together hold far more than the budget.
   * @returns `null`, without running it, when too many wait for their turn.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T | null>
  /**
   * Waits until no other long body is being read, judged and encoded: all that these make and let go of
   * would be in memory at once, and every one of them would take its slice between two single events.
   * @returns what ends it, as `release` does; `null` when the turn did not come in time.
   */
  takeTurn(): Promise<EndTurn | null>
  release(): void
}

/** zlib works in libuv's four threads: more at once would only hold more memory. */
const MAX_INFLATING = 4
const MAX_WAITING = 256
/**
 * Kafka has 5 s to acknowledge after the turn, an answer 7.5 s in all. Normally a turn takes some 10 ms; the
 * bytes in flight bound how many may wait, this only says so.
 */
const TURN_LIMITS = { maxWaitMs: 2_000, maxWaiting: 512 }

export function createByteBudget(maxBytes: number): ByteBudget {
  const usage = {
    bytes: 0,
    maxBytes,
    inTurn: createInflating(MAX_INFLATING, MAX_WAITING),
    takeTurn: createTurns(TURN_LIMITS),
  }
  return {
    get usedBytes() {
      return usage.bytes
    },
    fits: (bytes) => fits(usage, bytes),
    open: () => new Held(usage),
  }
}

/** What all reservations share. */
interface Usage {
  bytes: number
  readonly maxBytes: number
  readonly inTurn: Reservation['inTurn']
  readonly takeTurn: Reservation['takeTurn']
}

function fits({ bytes, maxBytes }: Usage, more: number): boolean {
  return bytes + more <= maxBytes
}

/** A class because there is one for each request. */
class Held implements Reservation {
  readonly #usage: Usage
  #bytes = 0
  #endTurn: EndTurn | null = null

  constructor(usage: Usage) {
    this.#usage = usage
  }

  take(bytes: number): boolean {
    if (!fits(this.#usage, bytes)) return false
    this.#usage.bytes += bytes
    this.#bytes += bytes
    return true
  }

  inTurn<T>(work: () => Promise<T>): Promise<T | null> {
    return this.#usage.inTurn(work)
  }

  async takeTurn(): Promise<EndTurn | null> {
    this.#endTurn = await this.#usage.takeTurn()
    return this.#endTurn
  }

  release(): void {
    this.#endTurn?.()
    this.#usage.bytes -= this.#bytes
    this.#bytes = 0
  }
}

function createInflating(maxRunning: number, maxWaiting: number): Reservation['inTurn'] {
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
}

/** Why a request was refused before its body was read; `event_loop` is decided in `turn-away.ts`. */
export const SHED_REASONS = [
  'draining',
  'kafka_away',
  'registry_away',
  'producer_buffer',
  'bytes_in_flight',
  'event_loop',
] as const

export interface Shed {
  readonly reason: (typeof SHED_REASONS)[number]
  readonly code: RequestCode
  readonly detail: string
}

/** Decides, before a body is read, whether to refuse it; `null` takes the request. */
export function shedReason(pressure: Pressure): Shed | null {
  if (pressure.isDraining) {
    const detail = 'this instance is shutting down; nothing was taken'
    return { reason: 'draining', code: 'draining', detail }
  }
  if (pressure.kafkaReason !== null) {
    const detail = 'Kafka cannot be used right now; nothing was taken'
    return { reason: 'kafka_away', code: 'kafka_unavailable', detail }
  }
  if (pressure.schemaReason !== null) {
    const detail = 'the schema registry has not answered yet; nothing was taken'
    return { reason: 'registry_away', code: 'kafka_unavailable', detail }
  }
  const full = pressure.isProducerFull
    ? 'producer_buffer'
    : pressure.hasRoom
      ? null
      : 'bytes_in_flight'
  if (full === null) return null
  const detail = 'too many events are on their way; nothing was taken'
  return { reason: full, code: 'overloaded', detail }
}
