import { longerAge, shorterAge, type BatchLimits } from '../batch/batch.ts'

/** The configured limits of a batch, with an age that grows while ClickHouse has too many parts. */
export interface Limits {
  readonly current: () => BatchLimits
  readonly tooManyParts: () => void
  readonly inserted: () => void
}

export function createLimits(config: {
  readonly BATCH_MAX_ROWS: number
  readonly BATCH_MAX_BYTES: number
  readonly BATCH_MAX_AGE_MS: number
}): Limits {
  let maxAgeMs = config.BATCH_MAX_AGE_MS
  return {
    current: () => ({
      maxRows: config.BATCH_MAX_ROWS,
      maxBytes: config.BATCH_MAX_BYTES,
      maxAgeMs,
    }),
    tooManyParts: () => {
      maxAgeMs = longerAge(maxAgeMs)
    },
    inserted: () => {
      maxAgeMs = shorterAge(maxAgeMs, config.BATCH_MAX_AGE_MS)
    },
  }
}
