// The contract of an event, a row for each field. What a row says is said nowhere else: normalising, the fast path and
// its records, both schemas, the API's description, the fuzzer's bodies and docs/reference/event.md are made from it
// (docs/decisions/0035). How to add or change a field: ARCHITECTURE.md, "To change X, edit Y".

import type { EventProblemCode } from './codes.ts'

/** How a field is read and written, and what is stored of it: text, a time, or the text of a JSON object. */
export const STORED_AS = {
  /** A string, and nothing else. */
  text: 'text',
  /**
   * The account: a string, or the digits of a whole number. It may also stand in `context`, under the same names; every
   * place that names one must agree.
   */
  account: 'text',
  /** Who did it: like the account, but what stands for nothing may be left out. One is enough. */
  person: 'text',
  /** The sender's id of the event, or one that we make. */
  event_id: 'text',
  timestamp: 'time',
  sent_at: 'time',
  /** Kept as it was sent. */
  object: 'json',
  /** Ours, not to be sent. */
  clock: 'time',
  unknown_fields: 'json',
  key_name: 'text',
} as const

/** A row of the table. */
export interface FieldRow {
  readonly kind: keyof typeof STORED_AS
  /** What it may be sent as, its own name first; of several that are there the first is taken. */
  readonly names?: readonly string[]
  /** What it is called beside a list, where it counts for events that do not say it themselves. */
  readonly envelopeNames?: readonly string[]
  /** Whether NULL may be stored. */
  readonly isOptional?: boolean
  /** Fewest and most characters; none of them a control character. */
  readonly chars?: readonly [min: number, max: number]
  /** The code of two values under different names; without one the second is kept in `extra`. */
  readonly conflict?: EventProblemCode
  /** The code of an event without it. */
  readonly missing?: EventProblemCode
  /** The code of what the schema refuses. */
  readonly wrong?: EventProblemCode
  /** What it is, for producers. */
  readonly about: string
  readonly examples?: readonly string[]
  /** Its place in a record, from 0, and what schemas/event.avsc says of it. */
  readonly avro: { readonly place: number; readonly doc?: string }
}

/** What a producer may send. */
export const SENT_FIELDS = {
  event: {
    kind: 'text',
    names: ['event', 'event_name'],
    chars: [1, 200],
    conflict: 'conflicting_event_name',
    missing: 'missing_event',
    wrong: 'invalid_event_name',
    about: 'What happened.',
    examples: ['subscription_upgraded'],
    avro: { place: 1 },
  },
  group_id: {
    kind: 'account',
    names: ['group_id', 'groupId'],
    chars: [1, 256],
    conflict: 'conflicting_group_id',
    missing: 'missing_group_id',
    wrong: 'invalid_id',
    about: 'The account; events of one account keep their order.',
    examples: ['account_789'],
    avro: { place: 2, doc: 'The account; also the Kafka key.' },
  },
  user_id: {
    kind: 'person',
    names: ['user_id', 'userId'],
    isOptional: true,
    chars: [1, 256],
    conflict: 'conflicting_user_id',
    wrong: 'invalid_id',
    about: 'The user; may be missing when anonymous_id is there.',
    examples: ['user_456'],
    avro: { place: 3 },
  },
  anonymous_id: {
    kind: 'person',
    names: ['anonymous_id', 'anonymousId'],
    isOptional: true,
    chars: [1, 256],
    conflict: 'conflicting_anonymous_id',
    wrong: 'invalid_id',
    about: 'The visitor before signing in.',
    avro: { place: 4 },
  },
  event_id: {
    kind: 'event_id',
    names: ['event_id', 'messageId', 'message_id', 'insert_id', 'uuid'],
    chars: [1, 128],
    wrong: 'invalid_id',
    about:
      'Identifies the event within account, name and timestamp; sending it again updates the event.',
    avro: { place: 0 },
  },
  timestamp: {
    kind: 'timestamp',
    names: ['timestamp', 'originalTimestamp', 'original_timestamp'],
    about: "When it happened, by the producer's clock.",
    avro: { place: 5, doc: "The producer's clock when the event happened." },
  },
  sent_at: {
    kind: 'sent_at',
    names: ['sent_at', 'sentAt'],
    envelopeNames: ['sentAt', 'sent_at'],
    isOptional: true,
    about: "When it was sent, by the producer's clock.",
    avro: { place: 6, doc: "The producer's clock when the request was sent." },
  },
  properties: {
    kind: 'object',
    names: ['properties'],
    wrong: 'properties_not_object',
    about: 'Facts about what happened, kept as sent.',
    avro: { place: 8, doc: 'JSON object text.' },
  },
  context: {
    kind: 'object',
    names: ['context'],
    envelopeNames: ['context'],
    wrong: 'context_not_object',
    about: 'Facts about where it happened, kept as sent.',
    avro: { place: 9, doc: 'JSON object text.' },
  },
} as const satisfies Record<string, FieldRow & Required<Pick<FieldRow, 'names'>>>

/** What is said by us. */
const OWN_FIELDS = {
  received_at: {
    kind: 'clock',
    about: "When it arrived, by the server's clock.",
    avro: { place: 7, doc: 'Our clock at the door.' },
  },
  extra: {
    kind: 'unknown_fields',
    about: 'Top-level fields that are not part of an event, kept as sent.',
    avro: { place: 10, doc: 'JSON object text: unknown top-level fields.' },
  },
  source: {
    kind: 'key_name',
    about: 'Name of the write key; empty without one.',
    avro: { place: 11, doc: 'Name of the write key; empty without one.' },
  },
} as const satisfies Record<string, FieldRow>

/** Every field of an event. */
export const FIELDS = { ...SENT_FIELDS, ...OWN_FIELDS }
