/** What comes and goes too quickly to be told each time: counted, and told when it has come too often. */
export interface Comings {
  /** It came. @returns how often within the last minutes, when that is to be told now; else `null`. */
  came(key: string): number | null
}

/** So often within so long is nothing that heals by itself. */
export const FLAPS = 6
export const FLAPS_WITHIN_MS = 300_000
/** As many as a large group has partitions; the oldest are forgotten first. */
const MAX_KEYS = 10_000

interface Seen {
  readonly atMs: readonly number[]
  readonly toldAt: number
}

/** @param now milliseconds of a clock that never jumps. */
export function createComings(now: () => number): Comings {
  const seenByKey = new Map<string, Seen>()
  return {
    came: (key) => {
      const nowMs = now()
      const { atMs = [], toldAt = -Infinity } = seenByKey.get(key) ?? {}
      const lately = [...atMs.filter((each) => nowMs - each < FLAPS_WITHIN_MS), nowMs]
      const isTold = lately.length >= FLAPS && nowMs - toldAt >= FLAPS_WITHIN_MS
      seenByKey.delete(key)
      seenByKey.set(key, { atMs: lately.slice(-2 * FLAPS), toldAt: isTold ? nowMs : toldAt })
      const [oldest] = seenByKey.keys()
      if (seenByKey.size > MAX_KEYS && oldest !== undefined) seenByKey.delete(oldest)
      return isTold ? lately.length : null
    },
  }
}
