import type { ProduceOutcome, Producer } from '@custom-events/kafka'

export interface PaceLimits {
  /** So many records may always wait: a few of the largest requests, however slow Kafka seems. */
  readonly minRecords: number
  /** What waits must be acknowledged within so many seconds at the speed that Kafka has shown. */
  readonly seconds: number
  /** Kafka's speed is its best second of so many that tell: one pause says nothing about it. */
  readonly memorySeconds: number
}

export const PACE_LIMITS: PaceLimits = { minRecords: 10_000, seconds: 2, memorySeconds: 10 }

/**
 * Says that it is full before what waits is more than Kafka can acknowledge in time. Bytes alone do not
 * tell: to a slow Kafka a buffer of 64 MiB is a queue of half a minute, in which every request waits until it is
 * given up, and what was given up was work for nothing. By Little's law a queue of known length at a known
 * speed is a wait of known length.
 *
 * @param clock milliseconds, never jumping.
 */
export function createPacedProducer(
  producer: Producer,
  clock: () => number,
  limits: PaceLimits = PACE_LIMITS,
): Producer {
  const speed = createBestSecond(limits.memorySeconds)
  let waiting = 0
  /** Whether as much waits as may, or a share of that. */
  const isTooMuch = (share: number): boolean => {
    const isMany = waiting > share * limits.minRecords
    const isSlow = isMany && waiting > share * limits.seconds * speed.best(clock())
    if (isSlow) speed.tell()
    return isSlow
  }
  const note = (outcomes: readonly ProduceOutcome[]): void => {
    let acknowledged = 0
    for (const { status } of outcomes) if (status === 'acknowledged') acknowledged += 1
    speed.add(acknowledged, clock())
    // Given up, or no room for its bytes: too much, although fewer wait than may at the old speed.
    if (acknowledged < outcomes.length) speed.tell()
  }
  return {
    produce: async (records) => {
      waiting += records.length
      try {
        const outcomes = await producer.produce(records)
        note(outcomes)
        return outcomes
      } finally {
        waiting -= records.length
      }
    },
    get notReadyReason() {
      return producer.notReadyReason
    },
    get bufferedBytes() {
      return producer.bufferedBytes
    },
    get isFull() {
      return isTooMuch(1) || producer.isFull
    },
    get isHalfFull() {
      return isTooMuch(1 / 2) || producer.isHalfFull
    },
    get troubles() {
      return producer.troubles
    },
    maxBatchBytes: (topic) => producer.maxBatchBytes(topic),
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  }
}

/**
 * The most that was acknowledged in one second of the last few that tell how fast Kafka is, the one that still
 * goes on included: those in which more was offered than it took, and any that is better than they
 * are. A quiet hour tells nothing, so a burst after it finds what was known before.
 */
function createBestSecond(memorySeconds: number) {
  let counts: readonly number[] = [0]
  let [second, count, isTelling] = [0, 0, false]
  const turnTo = (nowMs: number): void => {
    const now = Math.floor(nowMs / 1_000)
    if (now === second) return
    const isKept = isTelling || count > Math.max(...counts)
    if (isKept) counts = [...counts, count].slice(-memorySeconds)
    second = now
    count = 0
    isTelling = false
  }
  return {
    add: (acknowledged: number, nowMs: number): void => {
      turnTo(nowMs)
      count += acknowledged
    },
    /** More is offered in this second than Kafka takes. */
    tell: (): void => {
      isTelling = true
    },
    best: (nowMs: number): number => {
      turnTo(nowMs)
      return Math.max(count, ...counts)
    },
  }
}
