/**
 * What to do about a failed request to ClickHouse.
 * - `retry`: nothing is wrong with the rows or the setup; the same rows, for ever, with backoff. A block
 *   over several months is written month by month, so a part of it may be there: ask first here too.
 * - `inDoubt`: the rows may be there or not; ask before sending them again.
 * - `halt`: a person must act (a missing table, no rights); keep the offset, be not ready, look again slowly.
 * - `data`: one of the rows is refused; find it.
 */
export type ErrorClass = 'retry' | 'inDoubt' | 'halt' | 'data'

/** How the next attempt differs from a plain repetition. */
export type Adjustment = 'none' | 'smallerBatch' | 'longerAge'

export interface Verdict {
  readonly class: ErrorClass
  /** Closed set: usable as a metric label. */
  readonly reason: Reason
  readonly adjustment: Adjustment
  /** After so many attempts a retry becomes a halt; `null` means never. */
  readonly maxAttempts: number | null
}

/** Why a request failed. A closed set: metric label, and what the runbook tells about. */
export const REASONS = [
  'unreachable',
  'starting',
  'timeout',
  'overloaded',
  'memory',
  'limit',
  'too_many_parts',
  'replication',
  'storage',
  'cut_answer',
  'not_accepted',
  'schema',
  'setting',
  'rights',
  'read_only',
  'disk_full',
  'corrupted',
  'too_many_partitions',
  'row_refused',
  'block_refused',
  'unknown',
] as const

export type Reason = (typeof REASONS)[number]
