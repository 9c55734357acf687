import { EVENT_RULES, MAX_EVENT_KEYS, MAX_NESTING } from '@custom-events/event'
import { FREE_WIRE_BYTES, MIN_CHUNK_BYTES } from '../http/framing.ts'
import {
  INFLATING,
  INGEST_LIMITS,
  LONG_BODIES,
  PAGES,
  STRANGERS,
  UNREAD_ANSWERS,
  WAITING,
} from '../limits.ts'
import type { LoadReason } from '../response/refusal.ts'
import { MAX_QUEUED } from '../server/connections.ts'
import { SERVER_LIMITS } from '../server/server.ts'
import { CONGESTION_LIMITS } from './congestion.ts'
import { PACE_LIMITS } from './paced-producer.ts'

/** One limit on the way of a request. */
export interface Limit {
  readonly limit: string
  /** How much, in words, made of the value that decides. */
  readonly figure: string
  readonly protects: string
  /** A code of docs/reference/errors.md; `null`: it is not answered, but done as `otherwise` says. */
  readonly code: string | null
  readonly otherwise?: string
  /** Label of `custom_events_requests_refused_for_load_total`, and the entry of the runbook. */
  readonly reason?: LoadReason
  /** Who decides, below services/ingest/src. */
  readonly file: string
}

const MEBIBYTE = 1_024 ** 2
const bytes = (count: number): string =>
  count >= MEBIBYTE ? `${count / MEBIBYTE} MiB` : `${count / 1_024} KiB`
const seconds = (ms: number): string => `${ms / 1_000} s`
const many = (count: number): string => count.toLocaleString('en')

/**
 * Every limit that a request meets, in the order in which it meets them. Nothing is decided here: the values are
 * those of the files that decide, but two of the producer's, which lives in packages/kafka. The page
 * docs/reference/limits.md is made of this table; admission.test.ts sends requests that are wrong in many ways and
 * sees them refused for the first.
 */
export const ADMISSION: readonly Limit[] = [
  {
    limit: 'connections of a process',
    figure: `${many(SERVER_LIMITS.maxConnections)}, then the longest idle are closed`,
    protects: 'files and memory of the process; whoever comes new',
    code: null,
    otherwise: 'closed, `custom_events_connections_closed_for_room_total`',
    file: 'server/connections.ts',
  },
  {
    limit: 'requests behind one another on a connection',
    figure: `${MAX_QUEUED}, answered one by one`,
    protects: 'memory: each holds some 6 KB until its answer is read',
    code: null,
    otherwise: 'the connection is cut',
    file: 'server/connections.ts',
  },
  {
    limit: 'the head of a request',
    figure: `${bytes(SERVER_LIMITS.maxHeaderBytes)} within ${seconds(SERVER_LIMITS.headersTimeoutMs)}`,
    protects: 'memory, and a connection that somebody holds open',
    code: 'headers_too_large',
    file: 'server/server.ts',
  },
  {
    limit: 'requests that the event loop finds at once',
    figure: `refused once turns take ${seconds(CONGESTION_LIMITS.longTurnMs)} and the loop has not waited for ${seconds(CONGESTION_LIMITS.standingMs)}`,
    protects: 'the answer time of those that are taken',
    code: 'overloaded',
    reason: 'event_loop',
    file: 'admission/refuse-early.ts',
  },
  {
    limit: 'the URL',
    figure: `${many(INGEST_LIMITS.maxUrlBytes)} bytes`,
    protects: 'whoever reads it: keys, logs',
    code: 'uri_too_long',
    file: 'http/guard.ts',
  },
  {
    limit: 'headers',
    figure: `${INGEST_LIMITS.maxHeaders}`,
    protects: 'processor time',
    code: 'headers_too_large',
    file: 'http/guard.ts',
  },
  {
    limit: 'pages of `/docs`',
    figure: `${PAGES.eventsPerSecond} a second, ${PAGES.burstEvents} at once`,
    protects: 'processor time: a page is up to 1.5 MB',
    code: 'overloaded',
    reason: 'pages',
    file: 'api-docs/pages.ts',
  },
  {
    limit: 'an instance that drains',
    figure: 'takes nothing',
    protects: 'events: what is taken is finished',
    code: 'draining',
    reason: 'draining',
    file: 'admission/refusals.ts',
  },
  {
    limit: 'Kafka is away',
    figure: 'nothing is taken',
    protects: 'the promise: accepted is acknowledged by Kafka',
    code: 'kafka_unavailable',
    reason: 'kafka_away',
    file: 'admission/refusals.ts',
  },
  {
    limit: 'the registry does not know our schema',
    figure: 'nothing is taken',
    protects: 'readers: no record has an id that nobody can read',
    code: 'kafka_unavailable',
    reason: 'registry_away',
    file: 'admission/refusals.ts',
  },
  {
    limit: 'records that wait for Kafka',
    figure: `what it acknowledges in ${PACE_LIMITS.seconds} s, ${many(PACE_LIMITS.minRecords)} at least; 64 MiB; half of either for long bodies`,
    protects: 'the answer time, and memory',
    code: 'overloaded',
    reason: 'producer_buffer',
    file: 'admission/paced-producer.ts',
  },
  {
    limit: 'bytes in flight: heads and bodies of all requests',
    figure: `${bytes(INGEST_LIMITS.maxInFlightBytes)}; a quarter of it for those whose key is inside the body`,
    protects: 'memory',
    code: 'overloaded',
    reason: 'bytes_in_flight',
    file: 'admission/bytes-in-flight.ts',
  },
  {
    limit: `bodies above ${bytes(LONG_BODIES.longAboveBytes)}, or ${LONG_BODIES.longAboveEvents} events, that wait for their slot`,
    figure: `${seconds(LONG_BODIES.fullAtMs)} of work or ${LONG_BODIES.maxWaiting}; each waits ${seconds(LONG_BODIES.maxWaitMs)} at most`,
    protects: 'short requests, which do not wait behind them',
    code: 'overloaded',
    reason: 'long_bodies',
    file: 'admission/long-body-queue.ts',
  },
  {
    limit: 'a body',
    figure: `${bytes(INGEST_LIMITS.maxBodyBytes)}, also inflated`,
    protects: 'memory',
    code: 'body_too_large',
    file: 'request/body.ts',
  },
  {
    limit: 'a body whose key is inside it',
    figure: `${bytes(STRANGERS.maxBodyBytes)}; inflated ${bytes(STRANGERS.maxInflatedBytes)} and ${STRANGERS.maxRatio} times what was sent`,
    protects: 'those with a key: nobody without one costs more than the bytes they send',
    code: 'body_too_large',
    file: 'request/body.ts',
  },
  {
    limit: 'the time a body takes to come',
    figure: seconds(INGEST_LIMITS.bodyTimeoutMs),
    protects: 'the bytes that it holds',
    code: 'body_timeout',
    file: 'request/body.ts',
  },
  {
    limit: 'chunks of a body',
    figure: `${MIN_CHUNK_BYTES} bytes each on average, beyond the first ${bytes(FREE_WIRE_BYTES)}`,
    protects: 'memory and processor time: each is an object',
    code: 'bad_framing',
    file: 'http/framing.ts',
  },
  {
    limit: 'bodies being inflated',
    figure: `${INFLATING.maxRunning} at once, ${INFLATING.maxWaiting} wait; ${STRANGERS.maxInflating} and ${STRANGERS.maxWaiting} of those whose key is inside`,
    protects: 'memory',
    code: 'overloaded',
    reason: 'bytes_in_flight',
    file: 'admission/semaphore.ts',
  },
  {
    limit: 'nesting of a body',
    figure: `${many(MAX_NESTING)} deep`,
    protects: 'the stack of the parser',
    code: 'invalid_json',
    file: 'request/parse-text.ts',
  },
  {
    limit: 'keys of an event that is still to be parsed',
    figure: many(MAX_EVENT_KEYS),
    protects: 'processor time: parsing many keys takes a millisecond per thousand',
    code: 'too_many_properties',
    file: 'request/unreadable.ts',
  },
  {
    limit: 'events of a request',
    figure: many(INGEST_LIMITS.maxEvents),
    protects: 'the time of one slot',
    code: 'too_many_events',
    file: 'request/document-refusals.ts',
  },
  {
    limit: 'a context beside a list, counted for each event',
    figure: bytes(INGEST_LIMITS.maxRepeatedContextBytes),
    protects: 'Kafka and memory: it is written into every record',
    code: 'body_too_large',
    file: 'request/document-refusals.ts',
  },
  {
    limit: 'one event',
    figure: `${bytes(EVENT_RULES.maxEventBytes)}; ${many(EVENT_RULES.maxKeys)} keys each in properties, context and the rest`,
    protects: 'its neighbours in a batch, and whoever queries it',
    code: 'event_too_large',
    file: 'track/judge.ts',
  },
  {
    limit: 'events of a write key, and of an account',
    figure: 'as configured; none by default',
    protects: 'other keys and accounts',
    code: 'rate_limited',
    file: 'rate-limit/rate-limits.ts',
  },
  {
    limit: 'the record of an event',
    figure: 'the `max.message.bytes` of its topic',
    protects: 'the batch it would be in',
    code: 'event_too_large',
    file: 'track/too-large.ts',
  },
  {
    limit: 'the time from its records to the answer',
    figure: `${seconds(INGEST_LIMITS.answerTimeoutMs)}; Kafka has 5 s`,
    protects: 'the patience of SDKs, the shortest of which is 8 s',
    code: 'kafka_unavailable',
    file: 'track/produce-within.ts',
  },
  {
    limit: 'accepted events of requests with `?wait=queryable`',
    figure: `${many(WAITING.maxEvents)} at once, ${WAITING.maxEventsOfKey} of a write key, in each worker; ${seconds(WAITING.answerWithinMs)} from the head of the request`,
    protects: `memory, and Kafka: one look every ${WAITING.lookEveryMs} ms is for all of them`,
    code: null,
    otherwise: 'accepted, answered at once with `"queryable": false` and `too_many_waiting`',
    file: 'queryable/queryable-watch.ts',
  },
  {
    limit: 'rejected events that wait to be kept',
    figure: bytes(INGEST_LIMITS.maxRejectedBytes),
    protects: 'accepted events, whose records go first',
    code: null,
    otherwise: 'not kept, `custom_events_rejected_records_discarded_total`',
    file: 'rejected/rejected.ts',
  },
  {
    limit: 'an answer that nobody reads',
    figure: seconds(SERVER_LIMITS.silenceTimeoutMs),
    protects: 'memory',
    code: null,
    otherwise: 'the connection is cut',
    file: 'server/server.ts',
  },
  {
    limit: `answers of ${bytes(UNREAD_ANSWERS.fromBytes)} and more that nobody reads, all together`,
    figure: `${bytes(UNREAD_ANSWERS.maxBytes)} beyond what the system's buffers hold`,
    protects: 'memory: a short request may have an answer of megabytes',
    code: null,
    otherwise:
      'those that wait for the longest time are cut, `custom_events_unread_answers_cut_total`',
    file: 'server/unread-answers.ts',
  },
]
