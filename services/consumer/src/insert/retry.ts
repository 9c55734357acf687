import { REASONS, type Verdict } from '@custom-events/clickhouse'
import { fullJitter } from '@custom-events/runtime'

/** Why an attempt failed; a closed set, and a metric label. */
export const RETRY_REASONS = [
  ...REASONS,
  'registry',
  'registry_rights',
  'unknown_schema',
  'dead_letter_topic',
  'too_much_poison',
  'erasures',
  'missing_log',
  'wrong_shard',
] as const
export type RetryReason = (typeof RETRY_REASONS)[number]

/** What the loop does after a failed attempt. */
export type Decision =
  /** Again after this long; `halt` also means: not ready, and a person must act. */
  | { readonly action: 'retry' | 'halt'; readonly reason: RetryReason; readonly delayMs: number }
  /** Again with half of the rows, at once. */
  | { readonly action: 'split'; readonly reason: RetryReason }
  /** Find the rows that are refused. */
  | { readonly action: 'isolate'; readonly reason: RetryReason }

const BACKOFF = { baseMs: 250, maxMs: 30_000 }
/** A halt looks again, slowly: what a person repaired needs no restart. */
const HALT = { baseMs: 10_000, maxMs: 30_000 }

/**
 * Decides after attempt number `attempt` (from 0) on `rows` rows failed.
 * Bad data is the only reason to isolate; what is unknown is never taken for bad data.
 */
export function decide(
  verdict: Verdict,
  situation: {
    readonly attempt: number
    readonly rows: number
    readonly random?: () => number
  },
): Decision {
  const { attempt, rows, random = Math.random } = situation
  const { reason } = verdict
  const isExhausted = verdict.maxAttempts !== null && attempt + 1 >= verdict.maxAttempts
  if (verdict.class === 'data') return { action: 'isolate', reason }
  if (verdict.class === 'halt' || isExhausted) {
    return { action: 'halt', reason, delayMs: haltDelayMs(attempt, random) }
  }
  if (verdict.adjustment === 'smallerBatch' && rows > 1) return { action: 'split', reason }
  return { action: 'retry', reason, delayMs: fullJitter(attempt, { ...BACKOFF, random }) }
}

function haltDelayMs(attempt: number, random?: () => number): number {
  return fullJitter(attempt, random === undefined ? HALT : { ...HALT, random })
}

/** A failed attempt, what is done about it, and what to tell. */
export interface Wait {
  readonly action: 'retry' | 'halt'
  readonly reason: RetryReason
  readonly delayMs: number
  readonly error: Error
}

/** ClickHouse did not answer a question that an insert depends on. */
export function refusedQuestion(verdict: Verdict, attempt: number, error: Error): Wait {
  const decision = decide(verdict, { attempt, rows: 1 })
  return decision.action === 'retry'
    ? { ...decision, action: 'retry', error }
    : haltFor(decision.reason, attempt, error)
}

/** A halt that no answer of ClickHouse asked for. */
export function haltFor(reason: RetryReason, attempt: number, error: Error): Wait {
  return { action: 'halt', reason, delayMs: haltDelayMs(attempt), error }
}

/** A retry of something other than ClickHouse. */
export function retryFor(reason: RetryReason, attempt: number, error: Error): Wait {
  return { action: 'retry', reason, delayMs: fullJitter(attempt, BACKOFF), error }
}
