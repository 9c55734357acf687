import type { BatchLimits } from './batch.ts'

/** The first batch; what is configured, where that is less. */
const FIRST = { rows: 1_500, bytes: 512 * 1_024 }
/** Per settled batch: small ones take two to three times the CPU a row, so they should soon be behind. */
const GROWTH = 4
const MAX_GROWTH = GROWTH ** 10

/** Limits of the batches of one assignment. */
export interface GrowingLimits {
  readonly current: () => BatchLimits
  /** A batch is settled: the next may be larger. */
  readonly settled: () => void
}

/**
 * Ramp-up: an assignment begins with small batches, and each one that is settled lets those begun after it be four
 * times as large, up to what is configured. A full batch with rows to isolate can take longer than an
 * assignment lives where consumers die or rebalance every few seconds; with a backlog every batch is full,
 * so that nothing would ever be committed. A small one is settled, committed, and never read again.
 */
export function rampUp(configured: () => BatchLimits): GrowingLimits {
  let growth = 1
  return {
    current: () => {
      const { maxRows, maxBytes, maxAgeMs } = configured()
      return {
        maxRows: Math.min(maxRows, FIRST.rows * growth),
        maxBytes: Math.min(maxBytes, FIRST.bytes * growth),
        maxAgeMs,
      }
    },
    settled: () => {
      growth = Math.min(MAX_GROWTH, growth * GROWTH)
    },
  }
}
