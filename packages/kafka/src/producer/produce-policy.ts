import type { KafkaVerdict } from '../errors/kafka-errors.ts'

/** What becomes of a batch that Kafka has not acknowledged. */
export type NextStep =
  /** Its halves are tried, down to a single record: what is refused fails alone. */
  | 'split'
  | 'again'
  /** Its producers are told that it is not acknowledged. */
  | 'end'
  /** The one record in it is refused for its size, for good. */
  | 'too_large'

/** Attempts of a batch whose error nobody has decided about. */
const UNKNOWN_ATTEMPTS = 4

/** Decides by what Kafka said; see kafka-codes.ts for its codes. */
export function nextStep(failed: {
  readonly verdict: Pick<KafkaVerdict, 'class' | 'cause' | 'code'>
  readonly records: number
  /** So far, from 1. */
  readonly attempts: number
  /** Somebody will still wait for the next attempt. */
  readonly hasTime: boolean
  /** The error may be that of another batch. */
  readonly isShared: boolean
}): NextStep {
  const { verdict, records, attempts, hasTime, isShared } = failed
  const again = hasTime ? 'again' : 'end'
  if (isShared) return again
  if (verdict.cause === 'too_large') return records > 1 ? 'split' : 'too_large'
  switch (verdict.class) {
    case 'data':
      // The time of its records is that of a batch, and so the same for all of them.
      return records > 1 && hasTime && verdict.code !== 'INVALID_TIMESTAMP' ? 'split' : 'end'
    case 'permanent':
      return 'end'
    case 'unknown':
      return attempts < UNKNOWN_ATTEMPTS ? again : 'end'
    case 'passing':
    case 'unreachable':
    case 'rejoin':
    case 'out_of_range':
      return again
  }
}
