import { REQUEST_CODES, type Audience, type RequestCode } from '@custom-events/event'
import type { EventResult } from './event-result.ts'

/** What spoke against a request that was refused because of load; `event_loop` is decided in `refuse-early.ts`. */
export const LOAD_REASONS = [
  'draining',
  'kafka_away',
  'registry_away',
  'producer_buffer',
  'bytes_in_flight',
  'long_bodies',
  'pages',
  'event_loop',
] as const

export type LoadReason = (typeof LOAD_REASONS)[number]

interface RefusalOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** What became of each event, when the body could be read. */
  readonly results?: readonly EventResult[]
  /** Set when it is refused because of load; counted where it is answered. */
  readonly loadReason?: LoadReason
  readonly cause?: unknown
}

/** Thrown when a request cannot go on; answered in one place, by the app's error handler. */
export class Refusal extends Error {
  readonly code: RequestCode
  readonly headers: Readonly<Record<string, string>>
  readonly results: readonly EventResult[]
  readonly loadReason: LoadReason | null
  /** Of the write key it came with, once that is known. */
  keyName: string | null = null

  /** @param detail told to the client: no values of others, no library's text. */
  constructor(code: RequestCode, detail: string, options: RefusalOptions = {}) {
    // Its stack would tell nothing, and take 8 µs of the 100 that a request without a key costs.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail, { cause: options.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Refusal'
    this.code = code
    this.headers = options.headers ?? {}
    this.results = options.results ?? []
    this.loadReason = options.loadReason ?? null
  }
}

/** What a refusal says to whom it is answered. */
export type RefusalWords = Pick<Refusal, 'code' | 'message' | 'headers' | 'results'>

/**
 * The refusal in the words this audience understands. SDKs wait as long as `Retry-After` says only after a 429:
 * for them every 503 is one.
 */
export function refusalFor(audience: Audience, refusal: RefusalWords): RefusalWords {
  if (audience === 'own' || REQUEST_CODES[refusal.code].status !== 503) return refusal
  const { message, headers, results } = refusal
  return { code: 'backpressure', message, headers, results }
}

/** Thrown when the client went away while its body was read: nobody is left to answer. */
export class ClientGone extends Error {
  constructor() {
    super('the client closed the connection before its body was complete')
    this.name = 'ClientGone'
  }
}
