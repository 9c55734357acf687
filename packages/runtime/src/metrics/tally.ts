import type { Counter, Histogram } from 'prom-client'

/**
 * Metrics that are counted for every request. prom-client finds the value to change by hashing its
 * labels, each time; these keep plain numbers, and hand them over when they are read.
 */

/** @param labelName of a counter with one label; `null`: it has none. */
export function tallyCounter(counter: Counter, labelName: string | null): Counter {
  const plainInc = counter.inc.bind(counter)
  const pendingByLabel = new Map<string, number>()
  let pending = 0

  const inc = (first?: Readonly<Record<string, string>> | number, second?: number): void => {
    const isLabelled = typeof first === 'object'
    const count = (isLabelled ? second : first) ?? 1
    const label = isLabelled && labelName !== null ? first[labelName] : undefined
    const isCountable = count >= 0 && count < Infinity
    if (isCountable && label !== undefined) {
      pendingByLabel.set(label, (pendingByLabel.get(label) ?? 0) + count)
    } else if (isCountable && !isLabelled) {
      pending += count
    } else if (isLabelled) {
      plainInc(first, count)
    } else {
      plainInc(count)
    }
  }
  const collect = (): void => {
    if (pending > 0) plainInc(pending)
    pending = 0
    for (const [label, count] of pendingByLabel) plainInc({ [labelName ?? '']: label }, count)
    pendingByLabel.clear()
  }
  return Object.assign(counter, { inc, collect })
}

/** Where prom-client keeps what was observed; `bucketValues` are by upper bound, not cumulated. */
interface Kept {
  readonly upperBounds: readonly number[]
  readonly hashMap: Readonly<
    Record<string, { sum: number; count: number; bucketValues: Record<number, number> }>
  >
}

/** @param histogram without labels. */
export function tallyHistogram(histogram: Histogram): Histogram {
  // The types leave out what it has; tally.test.ts compares with a histogram that is left alone.
  const { upperBounds, hashMap } = histogram as unknown as Kept
  const counts = new Float64Array(upperBounds.length + 1)
  let sum = 0

  const observe = (value: number): void => {
    let bucket = 0
    while (bucket < upperBounds.length && value > (upperBounds[bucket] ?? Infinity)) bucket += 1
    counts[bucket] = (counts[bucket] ?? 0) + 1
    sum += value
  }
  const collect = (): void => {
    const kept = hashMap['']
    if (kept === undefined) return
    for (const [bucket, count] of counts.entries()) {
      const bound = upperBounds[bucket]
      kept.count += count
      if (bound !== undefined) kept.bucketValues[bound] = (kept.bucketValues[bound] ?? 0) + count
    }
    kept.sum += sum
    counts.fill(0)
    sum = 0
  }
  return Object.assign(histogram, { observe, collect })
}
