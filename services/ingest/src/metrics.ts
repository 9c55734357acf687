import { EVENT_CODES, IGNORED_CODES, WAIT_CODES } from '@custom-events/event'
import type { EventResult } from './response/event-result.ts'
import { LOAD_REASONS } from './response/refusal.ts'
import { REFUSED_CODES } from './response/refused-codes.ts'
import { createMetrics, type MetricDefinitions, type Metrics } from '@custom-events/runtime'

const codes = Object.keys(EVENT_CODES)

/** Why a rejected event could not be kept. */
export const DISCARD_REASONS = [
  'queue_full',
  'no_schema',
  'unacknowledged',
  'record_too_large',
  'refused',
  'bug',
] as const

/** Which connections are closed when there is no room for another. */
export const CLOSED_FOR_ROOM = ['idle', 'sending', 'new'] as const

export type ClosedForRoom = (typeof CLOSED_FOR_ROOM)[number]

/** What is done once events may be in Kafka. */
export const STEPS_AFTER_PRODUCE = ['sum_up', 'count', 'keep_rejected', 'answer'] as const

const STATUSES = [
  ...[200, 204, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 429, 431, 500, 503].map(String),
  'gone',
]

/**
 * Every metric of ingest. received = accepted + rejected + ignored + unacknowledged, where an event
 * counts each time it is sent.
 */
export const ingestMetrics = {
  received: {
    type: 'counter',
    name: 'events_received_total',
    help: 'Events found in the bodies of requests.',
  },
  accepted: {
    type: 'counter',
    name: 'events_accepted_total',
    help: 'Events acknowledged by all in-sync replicas.',
  },
  rejected: {
    type: 'counter',
    name: 'events_rejected_total',
    help: 'Events refused, by the code of the first error.',
    labels: { code: codes },
  },
  ignored: {
    type: 'counter',
    name: 'events_ignored_total',
    help: 'Calls of SDKs that are no events of ours, and events of somebody who is erased, by the code of the reason.',
    labels: { reason: Object.keys(IGNORED_CODES) },
  },
  unacknowledged: {
    type: 'counter',
    name: 'events_unacknowledged_total',
    help: 'Events that their producer was told to send again.',
    labels: {
      reason: [
        'kafka_unavailable',
        'backpressure',
        'request_refused',
        'rate_limited',
        'internal_error',
      ],
    },
  },
  rateLimited: {
    type: 'counter',
    name: 'rate_limited_requests_total',
    help: 'Requests refused because a write key or an account sent too many events.',
    labels: { limit: ['key', 'account'] },
  },
  refusedForLoad: {
    type: 'counter',
    name: 'requests_refused_for_load_total',
    help: 'Requests refused because of load, by what spoke against taking them.',
    labels: { reason: LOAD_REASONS },
  },
  requests: {
    type: 'counter',
    name: 'requests_total',
    help: 'Answers by HTTP status; "gone" is a client that left before its answer.',
    labels: { status: STATUSES },
  },
  bugsAfterProduce: {
    type: 'counter',
    name: 'bugs_after_produce_total',
    help: 'Faults of the program once events may be in Kafka, by what was being done; they were answered by their fates.',
    labels: { step: STEPS_AFTER_PRODUCE },
  },
  answerSeconds: {
    type: 'histogram',
    name: 'request_duration_seconds',
    help: 'From the end of the headers to the end of the answer; with `?wait=queryable` to when it could have been sent.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10],
  },
  closedForRoom: {
    type: 'counter',
    name: 'connections_closed_for_room_total',
    help: 'Connections closed because there were too many: idle, sending a body for the longest time, or the new one.',
    labels: { which: CLOSED_FOR_ROOM },
  },
  unreadAnswersCut: {
    type: 'counter',
    name: 'unread_answers_cut_total',
    help: 'Connections cut because large answers that nobody read filled their share of memory.',
  },
  inFlightBytes: {
    type: 'gauge',
    name: 'in_flight_bytes',
    help: 'Bytes of requests held in memory: heads, bodies, and what each needs beside them.',
  },
  producerBufferedBytes: {
    type: 'gauge',
    name: 'producer_buffered_bytes',
    help: 'Bytes of records waiting for Kafka.',
  },
  writeKeysLoaded: {
    type: 'gauge',
    name: 'write_keys_loaded',
    help: 'Write keys in force; 0 where AUTH_MODE is off.',
  },
  writeKeysRefused: {
    type: 'gauge',
    name: 'write_keys_refused',
    help: '1 while the key file is gone, unreadable or wrong: the keys from before are in force.',
  },
  collections: {
    type: 'counter',
    name: 'garbage_collections_total',
    help: 'Times garbage was collected before V8 would have done so: 40 MiB had come of objects and buffers, or 128 under usual load.',
  },
  erasures: {
    type: 'gauge',
    name: 'erasures',
    help: 'Users, accounts and visitors that are erased, as far as this process knows.',
  },
  erasuresAge: {
    type: 'gauge',
    name: 'erasures_age_seconds',
    help:
      'Since the topic of erasures was last read to its end; absent before the first time. For two minutes events go on ' +
      'being taken: what of them is erased, the consumer leaves out.',
  },
  topicGeneration: {
    type: 'gauge',
    name: 'topic_generation',
    help: 'In which generation of the topic accounts are placed: 1, and one more each time that it has grown.',
  },
  splitAccounts: {
    type: 'gauge',
    name: 'split_accounts',
    help: 'Accounts whose events are spread over partitions, in the generation of the topic in which accounts are placed.',
  },
  planWarnings: {
    type: 'counter',
    name: 'tracking_plan_warnings_total',
    help: 'Warnings of tracking plans about accepted events; where plans are enforced, see events_rejected_total.',
    labels: { code: ['plan_violation', 'unplanned_event'] },
  },
  planReads: {
    type: 'counter',
    name: 'tracking_plan_reads_total',
    help: 'Times the tracking plans had changed and were read; refused: the old ones stayed in force.',
    labels: { outcome: ['loaded', 'refused'] },
  },
  plansLoaded: {
    type: 'gauge',
    name: 'tracking_plans_loaded',
    help: 'Tracking plans in force.',
  },
  plansVersion: {
    type: 'gauge',
    name: 'tracking_plans_version',
    help: 'A number made of the text of the tracking plans in force: equal on two instances that have the same plans.',
  },
  waits: {
    type: 'counter',
    name: 'queryable_waits_total',
    help: 'Answers to requests with `wait`, by whether their events could be queried, or why that is not known.',
    labels: { outcome: ['queryable', ...Object.keys(WAIT_CODES)] },
  },
  queryableLooks: {
    type: 'counter',
    name: 'queryable_looks_total',
    help: 'Looks at the offsets of the consumer group, for all requests that wait at that moment.',
    labels: { outcome: ['looked', 'failed'] },
  },
  rejectedDiscarded: {
    type: 'counter',
    name: 'rejected_records_discarded_total',
    help: 'Rejected events that could not be kept for querying.',
    labels: { reason: DISCARD_REASONS },
  },
  produceFailures: {
    type: 'counter',
    name: 'produce_failures_total',
    help: 'Batches that Kafka did not take, attempt by attempt, by its own name of the error and what that asks for.',
    labels: { class: [], code: [] }, // Kafka's names: a closed list, too long to start with zeros
  },
  produceBytes: {
    type: 'counter',
    name: 'produce_bytes_total',
    help: 'Bytes of requests to Kafka, the repeated ones too: plain, as they would be without compression, and as they were sent.',
    labels: { as: ['plain', 'sent'] },
  },
  produceBatches: {
    type: 'counter',
    name: 'produce_batches_total',
    help: 'Batches in these requests, by whether they were compressed: those below 16 KiB, and what gets no smaller, are not.',
    labels: { compressed: ['yes', 'no'] },
  },
  sealKeys: {
    type: 'counter',
    name: 'seal_keys_total',
    help: 'Keys made for sealed properties, by whether Kafka acknowledged them; an event waits for its key.',
    labels: { outcome: ['kept', 'lost'] },
  },
  unauthorized: {
    type: 'counter',
    name: 'unauthorized_requests_total',
    help: 'Requests refused because of their write key, or because they have none.',
    labels: { code: REFUSED_CODES.unauthorized },
  },
  malformed: {
    type: 'counter',
    name: 'malformed_requests_total',
    help: 'Requests refused because they cannot be read.',
    labels: { code: REFUSED_CODES.malformed },
  },
} as const satisfies MetricDefinitions

/** What the primary of several workers counts beside them. */
export const primaryMetrics = {
  workersDied: {
    type: 'counter',
    name: 'workers_died_total',
    help: 'Workers that ended without being told to, and were replaced. What they had counted is gone.',
  },
} as const satisfies MetricDefinitions

export type IngestMetrics = Metrics<typeof ingestMetrics>

export function createIngestMetrics(): IngestMetrics {
  return createMetrics(ingestMetrics)
}

/** Counts what became of each event of a request. */
export function countOutcomes(metrics: IngestMetrics, results: readonly EventResult[]): void {
  let accepted = 0
  for (const result of results) {
    switch (result.status) {
      case 'accepted':
        accepted += 1
        for (const { code } of result.warnings) {
          if (code === 'plan_violation' || code === 'unplanned_event') {
            metrics.planWarnings.inc({ code })
          }
        }
        break
      case 'rejected':
        metrics.rejected.inc({ code: result.problems[0]?.code ?? 'event_not_object' })
        break
      case 'ignored':
        metrics.ignored.inc({ reason: result.reason.code })
        break
      case 'retry':
        metrics.unacknowledged.inc({ reason: result.reason })
        break
    }
  }
  if (accepted > 0) metrics.accepted.inc(accepted)
}
