/**
 * When a batch closes: every rule about it, in this file.
 *
 * 1. `rows`, `bytes`: it is full. The limits are those of the configuration, but smaller for the first
 *    batches of an assignment (`rampUp`).
 * 2. `age`: its first record has waited long enough, full or not. The age of the configuration is doubled
 *    while ClickHouse has too many parts (`createConfiguredLimits`).
 * 3. `revoke`, `shutdown`: the assignment ends; consume.ts closes what is open, and nothing is begun.
 */
export type Trigger = 'rows' | 'bytes' | 'age' | 'revoke' | 'shutdown'

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** What a batch holds so far. */
export interface Filled {
  readonly rows: number
  readonly bytes: number
  /** When its first record came; `null` while it is empty. */
  readonly openedAtMs: number | null
}

/** Whether a batch takes no more, whatever its age. */
export function whyFull(
  { rows, bytes }: Pick<Filled, 'rows' | 'bytes'>,
  { maxRows, maxBytes }: BatchLimits,
): 'rows' | 'bytes' | null {
  if (rows >= maxRows) return 'rows'
  return bytes >= maxBytes ? 'bytes' : null
}

/** Milliseconds until its age closes a batch; 0 when it is old enough, Infinity while it is empty. */
export function msUntilOld(
  { openedAtMs }: Pick<Filled, 'openedAtMs'>,
  { maxAgeMs }: BatchLimits,
  nowMs: number,
): number {
  return openedAtMs === null ? Infinity : Math.max(0, openedAtMs + maxAgeMs - nowMs)
}

/** Why a batch must be closed now, or `null`. An empty one never is. */
export function whyDue(
  filled: Filled,
  limits: BatchLimits,
  nowMs: number,
): 'rows' | 'bytes' | 'age' | null {
  if (filled.openedAtMs === null) return null
  return whyFull(filled, limits) ?? (msUntilOld(filled, limits, nowMs) === 0 ? 'age' : null)
}

/** The limits of the configuration, with an age that grows while ClickHouse has too many parts. */
export interface ConfiguredLimits {
  readonly current: () => BatchLimits
  /** ClickHouse refused an insert with code 252: the next batches wait twice as long, so that fewer parts are made. */
  readonly tooManyParts: () => void
  /** An insert succeeded: half as long again, down to what is configured. */
  readonly inserted: () => void
}

const LONGEST_AGE_MS = 30_000

export function createConfiguredLimits(config: {
  readonly BATCH_MAX_ROWS: number
  readonly BATCH_MAX_BYTES: number
  readonly BATCH_MAX_AGE_MS: number
}): ConfiguredLimits {
  const { BATCH_MAX_ROWS: maxRows, BATCH_MAX_BYTES: maxBytes, BATCH_MAX_AGE_MS: shortest } = config
  let maxAgeMs = shortest
  return {
    current: () => ({ maxRows, maxBytes, maxAgeMs }),
    tooManyParts: () => {
      maxAgeMs = Math.min(LONGEST_AGE_MS, maxAgeMs * 2)
    },
    inserted: () => {
      maxAgeMs = Math.max(shortest, Math.floor(maxAgeMs / 2))
    },
  }
}

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
export function rampUp(configured: Pick<ConfiguredLimits, 'current' | 'inserted'>): GrowingLimits {
  let growth = 1
  return {
    current: () => {
      const { maxRows, maxBytes, maxAgeMs } = configured.current()
      return {
        maxRows: Math.min(maxRows, FIRST.rows * growth),
        maxBytes: Math.min(maxBytes, FIRST.bytes * growth),
        maxAgeMs,
      }
    },
    settled: () => {
      configured.inserted()
      growth = Math.min(MAX_GROWTH, growth * GROWTH)
    },
  }
}
