import type { Producer } from '@custom-events/kafka'

export interface PaceLimits {
  /** So many records may always wait: a few of the largest requests, however slow Kafka seems. */
  readonly minRecords: number
  /** What waits must be acknowledged within so many seconds at the speed that Kafka has shown. */
  readonly seconds: number
  /** Kafka's speed is its best second of so many: a pause says nothing about it. */
  readonly memorySeconds: number
}

const PACE_LIMITS: PaceLimits = { minRecords: 10_000, seconds: 2, memorySeconds: 10 }

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
  return {
    produce: async (records) => {
      waiting += records.length
      try {
        const outcomes = await producer.produce(records)
        let acknowledged = 0
        for (const { status } of outcomes) if (status === 'acknowledged') acknowledged += 1
        speed.add(acknowledged, clock())
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
      const most = Math.max(limits.minRecords, limits.seconds * speed.best(clock()))
      return producer.isFull || waiting > most
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  }
}

/** The most that was counted in one second of the last few, the one that still goes on included. */
function createBestSecond(memorySeconds: number) {
  const counts: number[] = Array.from({ length: memorySeconds }, () => 0)
  let second = 0
  const turnTo = (nowMs: number): number => {
    const now = Math.floor(nowMs / 1_000)
    if (now - second >= memorySeconds) counts.fill(0)
    else for (let next = second + 1; next <= now; next++) counts[next % memorySeconds] = 0
    second = now
    return second % memorySeconds
  }
  return {
    add: (count: number, nowMs: number): void => {
      const at = turnTo(nowMs)
      counts[at] = (counts[at] ?? 0) + count
    },
    best: (nowMs: number): number => {
      turnTo(nowMs)
      return Math.max(...counts)
    },
  }
}
