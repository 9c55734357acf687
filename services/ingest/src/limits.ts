/** What the way of a request is bounded by; sizes in bytes, times in milliseconds. */
export interface IngestLimits {
  /** Of one body, as sent and inflated. */
  readonly maxBodyBytes: number
  readonly maxEvents: number
  /** Of the `context` beside a list, counted once for every event that it is laid under. */
  readonly maxRepeatedContextBytes: number
  /** Of requests held in memory by all of them together: heads, bodies, and what we need for each. */
  readonly maxInFlightBytes: number
  readonly bodyTimeoutMs: number
  /**
   * From when its records are produced to the answer, whatever Kafka does. Before that a long body may have waited 2 s
   * for its slot.
   */
  readonly answerTimeoutMs: number
  readonly maxUrlBytes: number
  readonly maxHeaders: number
  /** Rejected events waiting to be produced; more are discarded. */
  readonly maxRejectedBytes: number
}

export const INGEST_LIMITS: IngestLimits = {
  maxBodyBytes: 5 * 1_024 ** 2,
  maxEvents: 2_500,
  maxRepeatedContextBytes: 16 * 1_024 ** 2,
  maxInFlightBytes: 64 * 1_024 ** 2,
  bodyTimeoutMs: 10_000,
  // The producer gives up after 5 s, before Segment's Ruby SDK does, after 8 s. This is for a producer that does not.
  answerTimeoutMs: 7_000,
  maxUrlBytes: 2_048,
  maxHeaders: 60,
  maxRejectedBytes: 8 * 1_024 ** 2,
}
