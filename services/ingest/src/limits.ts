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
  maxRepeatedContextBytes: 8 * 1_024 ** 2,
  maxInFlightBytes: 64 * 1_024 ** 2,
  bodyTimeoutMs: 10_000,
  // The producer gives up after 5 s, before Segment's Ruby SDK does, after 8 s. This is for a producer that does not.
  answerTimeoutMs: 7_000,
  maxUrlBytes: 2_048,
  maxHeaders: 60,
  maxRejectedBytes: 8 * 1_024 ** 2,
}

/** Keys that a process seals properties with. */
export const SEAL_KEYS = {
  /** That it remembers, some 20 MB of them; one that is forgotten costs its person another. */
  maxKeys: 50_000,
  /** A key that is older seals nothing more: so long at most a destroyed one is in use. */
  maxAgeMs: 24 * 3_600_000,
  /** Values that one key seals. */
  maxUses: 2 ** 24,
  /** What is sealed with a new key waits so long for Kafka to acknowledge it, at most. */
  keptWithinMs: 2_000,
}

/** Bodies that are inflated: zlib works in libuv's four threads, more at once would only hold more memory. */
export const INFLATING = { maxRunning: 4, maxWaiting: 256 }

/** Whose write key is inside the body, until it is found there: the others do not wait for them. */
export const STRANGERS = {
  /** Of one body, as sent. */
  maxBodyBytes: 1_024 ** 2,
  /** A mebibyte takes 1.2 ms, whatever it was sent as; the SDKs that write their key into bodies send 500 KB at most. */
  maxInflatedBytes: 512 * 1_024,
  /** Nor may it become so many times as long as it was sent: what it costs is worth what it cost its sender. */
  maxRatio: 100,
  /** Of the bytes in flight, for all of them together. */
  shareOfBudget: 1 / 4,
  /** Of those four threads. */
  maxInflating: 1,
  maxWaiting: 64,
}

/** Bodies that wait for the one slot, so that short ones do not wait behind them. */
export const LONG_BODIES = {
  /** More than that, inflated: some 350 usual events, 1 ms in their bytes, 5 ms on the reference path. */
  longAboveBytes: 128 * 1_024,
  /** Nor more events than that, of any size: what is told of a refused one is longer than it, and all of it is held at once. */
  longAboveEvents: 500,
  /**
   * No more are let in while those that wait should take longer: half a second are some 110 bodies of a thousand events
   * on a core of its own.
   */
  fullAtMs: 500,
  maxWaiting: 512,
  /** Kafka has 5 s to acknowledge after the slot, an answer 7.5 s in all. */
  maxWaitMs: 2_000,
}

/** Requests with `?wait=queryable`, which are answered when their events can be queried. */
export const WAITING = {
  /** Of all of them together. Each event costs what the answer says of it; a longer list does not wait at all. */
  maxEvents: 1_000,
  /** Of one write key, so that none keeps all the others from waiting. Not where there are no keys. */
  maxEventsOfKey: 500,
  /** One look at the group, for all of them. */
  lookEveryMs: 50,
  /** The next look, which connects anew. */
  afterFailureMs: 1_000,
  /** From the head of the request on, before the 7.5 s that an answer has. */
  answerWithinMs: 7_200,
}

/** Smaller answers fit into the system's buffers; of the others so much may wait in memory to be read. */
export const UNREAD_ANSWERS = { fromBytes: 16 * 1_024, maxBytes: 64 * 1_024 ** 2 }

/**
 * Pages, for anybody: 1.5 MB are copied into the system's buffers each time, which takes 0.8 ms. One look at
 * `/docs` is five pages: ten may look at once.
 */
export const PAGES = { eventsPerSecond: 50, burstEvents: 50 }
