import { partitionKey } from './consumer-offsets.ts'
import type { TopicPartition } from '../records.ts'

/** Decides when partitions that could not be read are worth a new assignment, which costs the whole group a rebalance. */
export interface WaitingPace {
  /** @param readable those of the waiting ones that could be asked about just now. */
  looked(readable: readonly TopicPartition[]): boolean
}

/** They are looked at every 2 s. After so long without a look nobody knows whether there was a break. */
const BLIND_MS = 10_000
const FIRST_MS = 5_000
const LONGEST_MS = 300_000
/** After so long without one the next is at once again. */
const FORGIVEN_AFTER_MS = 600_000

/**
 * The first time at once. One that comes and goes must then have been readable for longer each time, without a break:
 * else it would have the group rebalance for ever, and nobody would read anything.
 *
 * @param now milliseconds of a clock that never jumps.
 */
export function createWaitingPace(now: () => number = () => performance.now()): WaitingPace {
  const sinceByKey = new Map<string, number>()
  let steadyMs = 0
  let lookedAt = -Infinity
  let endedAt = -Infinity
  return {
    looked: (readable) => {
      const keys = new Set(readable.map(partitionKey))
      if (now() - lookedAt > BLIND_MS) sinceByKey.clear()
      lookedAt = now()
      for (const key of sinceByKey.keys()) if (!keys.has(key)) sinceByKey.delete(key)
      for (const key of keys) if (!sinceByKey.has(key)) sinceByKey.set(key, now())
      if (now() - endedAt > FORGIVEN_AFTER_MS) steadyMs = 0
      const isSteady = [...sinceByKey.values()].some((since) => now() - since >= steadyMs)
      if (!isSteady) return false
      sinceByKey.clear()
      steadyMs = Math.min(LONGEST_MS, Math.max(FIRST_MS, 2 * steadyMs))
      endedAt = now()
      return true
    },
  }
}
