/** One row of the table of codes: stable, told to producers, documented from here. */
export interface CodeRow {
  readonly title: string
  /** What the producer, or the operator, can do about it. */
  readonly fix: string
  /** Whether the same bytes may succeed later. */
  readonly isRetryable: boolean
}

/** A code of a whole request. */
export interface RequestCodeRow extends CodeRow {
  /** HTTP status of an answer with this code. */
  readonly status: number
}

const refuse = (status: number, title: string, fix: string): RequestCodeRow => ({
  status,
  title,
  fix,
  isRetryable: status === 408 || status === 429 || status === 503 || status === 500,
})

const mark = (title: string, fix: string): CodeRow => ({
  title,
  fix,
  isRetryable: false,
})

/** Codes of a whole request. */
export const REQUEST_CODES = {
  bad_request: refuse(400, 'The request is not valid HTTP', 'Use an HTTP client library.'),
  bad_framing: refuse(
    400,
    'The body comes in absurdly small chunks',
    'Write the body at once, or in chunks of some KiB.',
  ),
  invalid_json: refuse(
    400,
    'The body is not valid JSON',
    'Fix the JSON at the line and column named.',
  ),
  invalid_utf8: refuse(400, 'The body is not valid UTF-8', 'Encode the body as UTF-8.'),
  invalid_encoding: refuse(
    400,
    'The body does not match its Content-Encoding',
    'Send Content-Encoding only for a body that really is compressed that way, whole.',
  ),
  empty_body: refuse(400, 'The body is empty', 'Send one event, or a list of events.'),
  empty_batch: refuse(400, 'The list of events is empty', 'Send at least one event.'),
  invalid_envelope: refuse(
    400,
    'The body is neither an event nor a list of events',
    'Send an object, an array of objects, {"events":[…]} or {"batch":[…]}.',
  ),
  validation_failed: refuse(
    400,
    'No event was accepted',
    'Fix each event as its errors say; do not resend it unchanged.',
  ),
  missing_api_key: refuse(401, 'No write key', 'Send the write key in the header X-Api-Key.'),
  invalid_api_key: refuse(401, 'The write key is not known', 'Check the write key.'),
  origin_not_allowed: refuse(
    403,
    'The write key may not be used from this origin',
    'Add the origin to the key, or use another key.',
  ),
  key_scope: refuse(
    403,
    'The write key may not write this account',
    'Use a key of that account, or add the account to the key.',
  ),
  not_found: refuse(404, 'There is nothing at this path', 'POST events to /track.'),
  method_not_allowed: refuse(
    405,
    'This method is not allowed here',
    'Use a method of the Allow header.',
  ),
  body_timeout: refuse(
    408,
    'The request did not arrive in time',
    'Send the whole request at once.',
  ),
  body_too_large: refuse(413, 'The body is too large', 'Send fewer events in one request.'),
  too_many_events: refuse(413, 'Too many events in one request', 'Split the list.'),
  uri_too_long: refuse(414, 'The URL is too long', 'Send events in the body.'),
  unsupported_encoding: refuse(
    415,
    'This Content-Encoding is not supported',
    'Use gzip, deflate, br or none.',
  ),
  unsupported_media_type: refuse(415, 'This Content-Type is not supported', 'Send JSON or NDJSON.'),
  expectation_failed: refuse(417, 'This expectation cannot be met', 'Expect only 100-continue.'),
  rate_limited: refuse(429, 'Too many events', 'Wait as long as Retry-After says.'),
  backpressure: refuse(
    429,
    'Too busy to take more events',
    'Wait as long as Retry-After says, then resend.',
  ),
  headers_too_large: refuse(431, 'The headers are too large or too many', 'Send fewer headers.'),
  internal_error: refuse(
    500,
    'Something went wrong here',
    'Resend; report the request_id if it stays.',
  ),
  kafka_unavailable: refuse(
    503,
    'Events cannot be kept right now',
    'Resend the same body after Retry-After; resending everything is safe.',
  ),
  draining: refuse(
    503,
    'This instance is shutting down',
    'Resend the same body; another instance takes it.',
  ),
  overloaded: refuse(
    503,
    'Too busy to take more events',
    'Wait as long as Retry-After says, then resend.',
  ),
} as const satisfies Record<string, RequestCodeRow>

/** Errors where plans are enforced, warnings where they only warn. */
const PLAN_VIOLATION = mark(
  'The properties break the tracking plan of the event',
  'Send what the plan expects, or have the plan changed.',
)
const UNPLANNED_EVENT = mark(
  'The event has no tracking plan',
  'Check the name, or have a plan made for it.',
)

/** Codes of one rejected event. */
export const EVENT_CODES = {
  event_not_object: mark('The event is not an object', 'Send a JSON object.'),
  missing_event: mark('The event has no name', 'Set "event".'),
  invalid_event_name: mark(
    'The name of the event cannot be used',
    'Use a string as long as "expected" says, without control characters.',
  ),
  conflicting_event_name: mark('Two different names', 'Name the event once.'),
  missing_group_id: mark('The event names no account', 'Set "group_id", or "context.group_id".'),
  conflicting_group_id: mark('Different accounts named', 'Name the account once.'),
  missing_user_id: mark('The event names no user', 'Set "user_id", or "anonymous_id".'),
  conflicting_user_id: mark('Different users named', 'Name the user once.'),
  conflicting_anonymous_id: mark('Different anonymous ids named', 'Name the visitor once.'),
  id_not_string: mark(
    'An id is not a string',
    'Send ids as strings; whole numbers up to 2^53 are taken as their digits.',
  ),
  placeholder_id: mark('An id is a placeholder', 'Send the real id, or leave the field out.'),
  invalid_id: mark(
    'An id cannot be used',
    'Use a string as long as "expected" says, without control characters.',
  ),
  missing_timestamp: mark(
    'An event with an id of its own has no timestamp',
    'Set "timestamp", or leave the id out: without both a retry could not be recognised.',
  ),
  invalid_timestamp: mark('The timestamp cannot be read', 'Send RFC 3339 with a zone.'),
  timestamp_out_of_range: mark('The timestamp is too far away', 'Check the clock and the unit.'),
  properties_not_object: mark('properties is not an object', 'Send an object.'),
  context_not_object: mark('context is not an object', 'Send an object.'),
  too_deep: mark('Nested too deeply', 'Flatten the value.'),
  too_many_properties: mark('Too many keys', 'Send fewer keys.'),
  event_too_large: mark('The event is too large', 'Send less in properties.'),
  duplicate_key: mark('The same key twice in one object', 'Send each key once.'),
  invalid_unicode: mark('Half of a surrogate pair', 'Send whole characters.'),
  number_out_of_range: mark('A number beyond what can be kept exactly', 'Send it as a string.'),
  key_scope: mark('The write key may not write this account', 'Use a key of that account.'),
  number_not_finite: mark('NaN or Infinity, which JSON does not have', 'Send null instead.'),
  invalid_json: mark('The line is not valid JSON', 'Send one whole JSON object on each line.'),
  invalid_utf8: mark('The line is not valid UTF-8', 'Encode the line as UTF-8.'),
  unknown_type: mark(
    'The type of a call is none that SDKs make',
    'Set "type" to "track", or leave it out.',
  ),
  plan_violation: PLAN_VIOLATION,
  unplanned_event: UNPLANNED_EVENT,
} as const satisfies Record<string, CodeRow>

/** Why an event was ignored: nothing was kept, and sending it again changes nothing. */
export const IGNORED_CODES = {
  not_an_event: mark(
    'A call of an SDK that is no event',
    'Nothing to do; send what should be kept as a track call.',
  ),
  erased: mark(
    'An event, good or bad, of a user, an account or a visitor that was erased',
    'Stop sending it. Should the person have come back, the operator lifts the erasure.',
  ),
} as const satisfies Record<string, CodeRow>

/** Codes of warnings: the event was accepted. */
export const WARNING_CODES = {
  coerced_to_string: mark('A number was taken as an id', 'Send ids as strings.'),
  unknown_field: mark('An unknown field was kept in "extra"', 'Move it to "properties".'),
  alias_ignored: mark(
    'Two names for one field with different values; the second was kept in "extra"',
    'Send the field once.',
  ),
  empty_id: mark('An empty id counts as absent', 'Leave the field out when there is no id.'),
  empty_list: mark('An empty list was taken as an empty object', 'Send {} where a map is meant.'),
  placeholder_dropped: mark(
    'A placeholder beside a real id was left out',
    'Leave the field out when there is no id.',
  ),
  suspicious_id: mark(
    'An id that software often writes for "nothing" was taken as it is',
    'Check that it is meant.',
  ),
  sent_at_out_of_range: mark('sent_at is too far away and was left out', 'Check the clock.'),
  invalid_sent_at: mark('sent_at cannot be read and was left out', 'Send RFC 3339 with a zone.'),
  unsafe_number: mark(
    'A whole number beyond 2^53 was kept exactly, but many programs round it',
    'Send it as a string.',
  ),
  timestamp_assumed_utc: mark('No zone: taken as UTC', 'Add Z or an offset.'),
  timestamp_low_precision: mark('No time, or no seconds', 'Send the time to the millisecond.'),
  timestamp_epoch: mark('Unix time', 'Send RFC 3339.'),
  timestamp_leap_second: mark('Second 60 became 59.999', 'Nothing to do.'),
  timestamp_in_future: mark('More than a day in the future', 'Check the clock.'),
  plan_violation: PLAN_VIOLATION,
  unplanned_event: UNPLANNED_EVENT,
} as const satisfies Record<string, CodeRow>

/** Why `?wait=queryable` is answered with `"queryable": false`: the events were accepted all the same. */
export const WAIT_CODES = {
  not_queryable_yet: mark(
    'The consumer had not come so far in time',
    'Nothing is lost: look again later; should it last, see whether a consumer runs.',
  ),
  queryable_unknown: mark(
    'Kafka does not tell ingest how far the consumer is',
    'Nothing is lost: look yourself. Who runs ingest finds in its log which right it lacks.',
  ),
  too_many_waiting: mark(
    'Too many events are waited for already',
    'Wait for fewer at once; this is for tests and first steps.',
  ),
  unknown_wait: mark('wait says something unknown', 'Say wait=queryable, or leave it out.'),
} as const satisfies Record<string, CodeRow>

export type RequestCode = keyof typeof REQUEST_CODES
export type EventProblemCode = keyof typeof EVENT_CODES
export type WarningCode = keyof typeof WARNING_CODES
export type IgnoredCode = keyof typeof IGNORED_CODES
export type WaitCode = keyof typeof WAIT_CODES
