/** When each bucket is full again, by its name; of bounded size. Times in milliseconds. */
export interface BucketTable {
  readonly size: number
  fullAt(name: string, nowMs: number): number
  set(name: string, fullAtMs: number, nowMs: number): void
}

/**
 * Names come from producers, so the table is bounded. A bucket that is full again is forgotten: it is
 * as good as new. When the table holds none of those, the one used longest ago goes, but what it owed
 * stays: from then on a name that is not in the table counts as used up as the most used one that
 * went. So no flood of names makes a bucket fuller than it was; its price is that a new name may have
 * to wait, at most until those that went would have been full.
 */
export function createBucketTable(maxBuckets: number): BucketTable {
  const fullAtByName = new Map<string, number>() // in the order of their last use
  let unknownFullAt = -Infinity

  const forgetFull = (nowMs: number): void => {
    let steps = 0
    for (const [name, fullAtMs] of fullAtByName) {
      if (fullAtMs <= nowMs) fullAtByName.delete(name)
      steps += 1
      if (steps === SWEEP_STEPS) return
    }
  }
  const evict = (): void => {
    for (const [name, fullAtMs] of fullAtByName) {
      fullAtByName.delete(name)
      unknownFullAt = Math.max(unknownFullAt, fullAtMs)
      return
    }
  }
  return {
    get size() {
      return fullAtByName.size
    },
    fullAt: (name, nowMs) => fullAtByName.get(name) ?? Math.max(unknownFullAt, nowMs),
    set: (name, fullAtMs, nowMs) => {
      fullAtByName.delete(name)
      forgetFull(nowMs)
      if (fullAtByName.size >= maxBuckets) evict()
      fullAtByName.set(ownText(name), fullAtMs)
    },
  }
}

/** A name may be a piece of a body's text, which for V8 keeps all of that text in memory. */
function ownText(name: string): string {
  return Buffer.from(name, 'utf16le').toString('utf16le')
}

/** Each use looks at so many of the oldest: more than it adds, so that the full ones go. */
const SWEEP_STEPS = 4
