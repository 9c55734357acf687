import { SENT_FIELDS } from '../contract/event-fields.ts'
import type { Field, Fields } from '../contract/fields.ts'
import { readEventId } from './ids.ts'
import { presentIds, reject, takeField, warn, type Notes } from './notes.ts'
import { describeValue } from '../contract/problem.ts'
import { present, type EventInput, type NormaliseContext } from './normalise-context.ts'
import { parseTimestamp, TIMESTAMP_FORMS } from './timestamp.ts'
import { idempotentEventId, timeInUuidV7 } from './uuid.ts'

/** The id and the timestamp of an event: together with account and name they are its identity. */
export interface Moment {
  readonly eventId: string | null
  readonly timestampMs: number | null
}

/**
 * Reads `event_id` and `timestamp`. Both are what the producer said, or derived from what it said,
 * so that a retry always meets its first copy; only when there is neither are they made here.
 */
export function readMoment(
  notes: Notes,
  fields: Fields,
  context: NormaliseContext,
  input: EventInput,
): Moment {
  const idField = takeField(
    notes,
    'event_id',
    presentIds(notes, fields, SENT_FIELDS.event_id.names),
  )
  const sentId = idField === null ? null : readEventId(notes, idField)
  const field = takeField(notes, 'timestamp', present(fields, SENT_FIELDS.timestamp.names))
  const timestampMs =
    field === null
      ? derivedTimestamp(notes, sentId, idField, context, input.pointer)
      : sentTimestamp(notes, field, context)
  if (idField !== null) return { eventId: sentId, timestampMs }
  const eventId =
    context.idempotencyKey === null
      ? context.newEventId(timestampMs ?? context.receivedAt)
      : idempotentEventId(context.idempotencyKey, input.index, textOf(input))
  return { eventId, timestampMs }
}

/** The event as it was sent: a key that is used again for another body names other events. */
function textOf({ text, scanned }: EventInput): string {
  return text.slice(scanned.start, scanned.end)
}

function sentTimestamp(notes: Notes, field: Field, context: NormaliseContext): number | null {
  const parsed = parseTimestamp(field.value, field.text)
  if (parsed === null) {
    notes.settled.add('timestamp')
    reject(notes, 'invalid_timestamp', field.pointer, {
      detail: 'timestamp is in none of the accepted forms, or names a moment that does not exist',
      expected: TIMESTAMP_FORMS,
      got: describeValue(field.value),
    })
    return null
  }
  for (const code of parsed.warnings) warn(notes, code, field.pointer)
  return withinRange(notes, parsed.ms, field, context)
}

/** Without a timestamp: the time inside the id, or now when the id is ours as well. */
function derivedTimestamp(
  notes: Notes,
  sentId: string | null,
  idField: Field | null,
  context: NormaliseContext,
  pointer: string,
): number | null {
  if (idField === null && context.idempotencyKey === null) return context.receivedAt
  const inside = sentId === null ? null : timeInUuidV7(sentId)
  if (inside !== null && idField !== null) return withinRange(notes, inside, idField, context)
  notes.settled.add('timestamp')
  if (idField !== null && sentId === null) return null // the id's own problem is told already
  reject(notes, 'missing_timestamp', `${pointer}/timestamp`, {
    detail:
      idField === null
        ? 'with an Idempotency-Key a timestamp is needed: without it a retry could not be recognised'
        : 'with an event_id of your own a timestamp is needed: without it a retry could not be recognised',
    expected: TIMESTAMP_FORMS,
    got: 'nothing',
    suggestion: 'set timestamp to the moment the event happened',
  })
  return null
}

function withinRange(
  notes: Notes,
  ms: number,
  field: Field,
  context: NormaliseContext,
): number | null {
  const { earliestTimestampMs, maxAheadMs, warnAheadMs } = context.rules
  const latest = context.receivedAt + maxAheadMs
  if (ms < earliestTimestampMs || ms > latest) {
    notes.settled.add('timestamp')
    reject(notes, 'timestamp_out_of_range', field.pointer, {
      detail: `timestamp means ${isoTime(ms)}`,
      expected: `${isoTime(earliestTimestampMs)} to ${isoTime(latest)}`,
      got: describeValue(field.value),
      suggestion: 'check the clock, and the unit of a Unix time',
    })
    return null
  }
  if (ms > context.receivedAt + warnAheadMs) warn(notes, 'timestamp_in_future', field.pointer)
  return ms
}

/** Own, envelope's, header's; one that cannot be read, or be right, is left out with a warning. */
export function readSentAt(notes: Notes, fields: Fields, context: NormaliseContext): number | null {
  const own = takeField(notes, 'sent_at', present(fields, SENT_FIELDS.sent_at.names))
  const sent = own ?? context.sentAt
  if (sent === null) return null
  const ms = parseTimestamp(sent.value, own?.text)?.ms ?? null
  const { earliestTimestampMs, maxAheadMs } = context.rules
  const isInRange =
    ms !== null && ms >= earliestTimestampMs && ms <= context.receivedAt + maxAheadMs
  if (isInRange) return ms
  warn(notes, ms === null ? 'invalid_sent_at' : 'sent_at_out_of_range', sent.pointer)
  return null
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
