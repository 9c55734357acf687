import {
  logName,
  type FetchedRecord,
  type KafkaLog,
  type OutgoingRecord,
} from '@custom-events/kafka'
import { keptHeaders } from './own-headers.ts'

/** Why a record is set aside. */
export interface Refusal {
  readonly stage: 'decode' | 'insert'
  /** Code of the decoder, or ClickHouse's error code. */
  readonly code: string
  readonly message: string
}

/** Kafka Connect's names, so that tools made for its dead letters understand ours. */
export const HEADERS = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  stage: '__connect.errors.stage',
  className: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
  code: 'error.code',
  /** On a dead letter that does not hold the whole record: what was cut, in JSON. */
  shortened: 'custom-events.shortened',
  /** Which log the topic is, beside its name: cluster_id/topic_id. */
  log: 'custom-events.source-log',
  /** On a record that a replay produced: what it was made of. */
  replayedFrom: 'custom-events.replayed-from',
  /** On a dead letter that a replay ended, sent once more: how, when, and where the record went. */
  resolution: 'custom-events.resolution',
  resolvedAt: 'custom-events.resolved-at',
  replayedTo: 'custom-events.replayed-to',
  /** ISO 8601: when it was first set aside; Kafka's clock gives the copy a later time. */
  deadLetteredAt: 'custom-events.dead-lettered-at',
} as const

/** A server's message may quote whole rows. */
const MAX_MESSAGE_CHARS = 2_000

/** A record for the dead-letter topic: key, value and own headers byte for byte, the reason in headers. */
export function toDeadLetter(
  source: { readonly log: KafkaLog; readonly record: FetchedRecord; readonly refusal: Refusal },
  target: { readonly topic: string; readonly partitions: number },
): OutgoingRecord {
  const { log, record, refusal } = source
  return {
    topic: target.topic,
    partition: record.partition % target.partitions,
    key: record.key,
    value: record.value,
    headers: {
      ...keptHeaders(record.headers),
      [HEADERS.topic]: log.topic,
      [HEADERS.log]: logName(log),
      [HEADERS.partition]: String(record.partition),
      [HEADERS.offset]: String(record.offset),
      [HEADERS.stage]: refusal.stage,
      [HEADERS.className]: refusal.stage === 'decode' ? 'Undecodable' : 'ClickHouseFailure',
      [HEADERS.message]: refusal.message.slice(0, MAX_MESSAGE_CHARS),
      [HEADERS.code]: refusal.code,
    },
  }
}
