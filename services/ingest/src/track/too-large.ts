import type { Problem } from '@custom-events/event'
import { isTooLarge, type OutgoingRecord, type ProduceOutcome } from '@custom-events/kafka'
import type { IngestParts } from '../parts.ts'
import type { Judged } from './verdicts.ts'

/** Accepted events with their records, in their order. */
export interface Encoded {
  readonly judged: readonly Judged[]
  readonly records: readonly OutgoingRecord[]
}

/** A record holds little more than its event: where a topic takes twice as much there is nothing to look at. */
const ROOM_PER_EVENT = 2

/**
 * Rejects events whose records are larger than their topic takes, before anything is produced. Operators lower
 * that limit (max.message.bytes) below what one event may have.
 */
export function rejectTooLarge(
  { producer, settings }: Pick<IngestParts, 'producer' | 'settings'>,
  encoded: Encoded,
): Encoded {
  const limit = producer.maxBatchBytes(settings.place().topic)
  if (limit >= ROOM_PER_EVENT * settings.rules.maxEventBytes) return encoded
  const isRefused = encoded.records.map((record) => isTooLarge(record, limit))
  return isRefused.includes(true) ? without(encoded, isRefused, limit) : encoded
}

/**
 * The same for those that Kafka has refused for their size, because the limit was lowered a moment ago. They are
 * not in Kafka.
 */
export function rejectRefused(
  { producer, settings }: Pick<IngestParts, 'producer' | 'settings'>,
  encoded: Encoded,
  outcomes: readonly ProduceOutcome[],
): Encoded {
  const isRefused = outcomes.map(isRefusedForSize)
  if (!isRefused.includes(true)) return encoded
  return without(encoded, isRefused, producer.maxBatchBytes(settings.place().topic))
}

/** @returns whether the record is not in Kafka, and never will be. */
export function isRefusedForSize(outcome: ProduceOutcome): boolean {
  return outcome.status === 'unacknowledged' && outcome.reason === 'record_too_large'
}

function without(
  { judged, records }: Encoded,
  isRefused: readonly boolean[],
  limit: number,
): Encoded {
  let next = 0
  return {
    judged: judged.map((each) => {
      if (each.verdict.status !== 'accepted') return each
      const index = next++
      const record = records[index]
      return isRefused[index] === true && record !== undefined ? refused(each, limit) : each
    }),
    records: records.filter((_, index) => isRefused[index] !== true),
  }
}

function refused({ input, verdict }: Judged, limit: number): Judged {
  if (verdict.status !== 'accepted') return { input, verdict }
  const { event, group_id, user_id, anonymous_id, event_id } = verdict.event
  const problem: Problem = {
    pointer: input.pointer,
    code: 'event_too_large',
    detail: 'the event is larger than its Kafka topic takes',
    expected: Number.isFinite(limit) ? `at most ${limit} bytes with its frame` : null,
    got: null,
    suggestion: 'send less in properties, or have max.message.bytes of the topic raised',
  }
  const known = { event, group_id, user_id, anonymous_id, event_id }
  const { warnings } = verdict
  return { input, verdict: { status: 'rejected', problems: [problem], warnings, known } }
}
