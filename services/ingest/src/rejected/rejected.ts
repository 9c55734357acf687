import {
  createRejectedCodec,
  cutToBytes,
  MAX_RAW_BYTES,
  type RejectedEvent,
} from '@custom-events/codec'
import {
  partitionOf,
  type EventInput,
  type KnownParts,
  type PlanSet,
  type Problem,
} from '@custom-events/event'
import type { OutgoingRecord, ProduceOutcome, Producer } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { DISCARD_REASONS, IngestMetrics } from '../metrics.ts'
import type { PlanFolder } from '../schema/plan-folder.ts'
import type { SchemaIds } from '../schema/schema-ids.ts'
import type { IngestSettings } from '../settings.ts'
import { createDistinctTimes } from './distinct-times.ts'

/** One event refused at the door, with what is needed to keep it. */
export interface Refused {
  readonly input: EventInput
  readonly problems: readonly Problem[]
  readonly known: KnownParts
}

export interface RejectedEvents extends AsyncDisposable {
  /** Takes rejected events to produce them later; never waits, never fails, discards what is too much. */
  keep(refused: readonly Refused[], request: RefusedRequest): void
}

/** What its rejected events need of a request. */
export interface RefusedRequest {
  readonly requestId: string
  readonly source: string
  readonly receivedAt: number
  /** JSON object text, see envelope-fields.ts. */
  readonly beside: string | null
}

type DiscardReason = (typeof DISCARD_REASONS)[number]

/** Rejected events are for looking things up: they never hold up or displace accepted ones. */
export function createRejectedEvents(parts: {
  readonly producer: Producer
  readonly schemas: SchemaIds
  readonly plans: Pick<PlanFolder, 'current'>
  readonly settings: IngestSettings
  readonly metrics: IngestMetrics
  readonly log: Logger
}): RejectedEvents {
  const { producer, schemas, plans, settings, log } = parts
  const topic = settings.topics.rejected
  const partitionCount = settings.partitionCountByTopic[topic] ?? 1
  const codec = createRejectedCodec()
  const discard = countDiscards(parts)
  const timeOf = createDistinctTimes()
  const waiting = new Set<Promise<void>>()
  let queuedBytes = 0

  const toRecord = (event: RejectedEvent, schemaId: number): OutgoingRecord => {
    const key = event.group_id ?? event.request_id
    const partition = partitionOf(key, partitionCount)
    return { topic, partition, key: Buffer.from(key), value: codec.encode(event, schemaId) }
  }

  const produce = async (records: readonly OutgoingRecord[], bytes: number): Promise<void> => {
    try {
      const outcomes = await producer.produce(records)
      for (const outcome of outcomes) {
        if (outcome.status === 'acknowledged') continue
        discard(discardReason(outcome), 1, outcome.failure?.text)
      }
    } catch (err) {
      log.error({ err }, 'producing rejected events failed by a bug') // nobody else would hear of it
      discard('unacknowledged', records.length)
    }
    queuedBytes -= bytes
  }

  return {
    keep: (refused, asked) => {
      const schemaId = schemas.rejectedId
      if (schemaId === null) return discard('no_schema', refused.length)
      const request = { ...asked, receivedAt: timeOf(asked.requestId, asked.receivedAt) }
      const records: OutgoingRecord[] = []
      let bytes = 0
      for (const event of refused) {
        if (producer.isFull || queuedBytes + bytes >= settings.limits.maxRejectedBytes) {
          discard('queue_full', 1)
          continue
        }
        const room = { rawBytes: rawBytesFor(producer.maxBatchBytes(topic)), plans: plans.current }
        const record = toRecord(toRejectedEvent(event, room, request), schemaId)
        records.push(record)
        bytes += record.value?.length ?? 0
      }
      if (records.length === 0) return
      queuedBytes += bytes
      const producing = produce(records, bytes).finally(() => waiting.delete(producing))
      waiting.add(producing)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(waiting) // each is bounded by the producer's delivery timeout
    },
  }
}

function discardReason({
  reason,
  failure,
}: Extract<ProduceOutcome, { status: 'unacknowledged' }>): DiscardReason {
  if (reason === 'record_too_large') return reason
  return failure?.class === 'permanent' || failure?.class === 'data' ? 'refused' : 'unacknowledged'
}

function toRejectedEvent(
  { input, problems, known }: Refused,
  { rawBytes, plans }: { readonly rawBytes: number; readonly plans: PlanSet },
  request: RefusedRequest,
): RejectedEvent {
  const [first] = problems
  const { start, end } = input.scanned
  const sent = input.text.slice(start, end)
  const shown = plans.redact(input, known.event)
  const raw = cutToBytes(shown, rawBytes)
  const areEnvelopeFieldsKept = (request.beside?.length ?? 0) <= MAX_ENVELOPE_FIELDS_CHARS
  return {
    request_id: request.requestId,
    index: input.index,
    received_at: request.receivedAt,
    source: request.source,
    code: first?.code ?? '',
    pointer: kept(first?.pointer ?? ''),
    errors: JSON.stringify(problems.map((each) => ({ ...each, pointer: kept(each.pointer) }))),
    event: keptOrNull(known.event),
    group_id: keptOrNull(known.group_id),
    user_id: keptOrNull(known.user_id),
    event_id: keptOrNull(known.event_id),
    raw: raw.raw,
    // Not the event that was sent: a replay must not take it for that.
    raw_truncated: raw.raw_truncated || shown !== sent || !areEnvelopeFieldsKept,
    beside: areEnvelopeFieldsKept ? (request.beside?.toWellFormed() ?? null) : null,
    resolution: null,
    resolved_at: null,
    replayed_to: null,
  }
}

/** Half of what the topic takes: the reasons and the names beside it need some room too. */
function rawBytesFor(maxBatchBytes: number): number {
  return Math.min(MAX_RAW_BYTES, Math.floor(maxBatchBytes / 2))
}

/** It stands in every rejected event of its request: a large one would crowd out the events. */
const MAX_ENVELOPE_FIELDS_CHARS = 4_096

/**
 * Characters kept of each text but `raw`: a rejected event may name anything in any length, and a
 * record too large for Kafka would fail together with the records that share its request.
 */
const MAX_TEXT_CHARS = 1_024

/** A rejected event may hold half a character; Avro strings may not. */
function kept(text: string): string {
  return text.slice(0, MAX_TEXT_CHARS).toWellFormed()
}

function keptOrNull(text: string | null): string | null {
  return text === null ? null : kept(text)
}

const LOG_EVERY_MS = 10_000

/** Counts every discard; logs the first and then at most one line in ten seconds. */
function countDiscards({ metrics, log }: { metrics: IngestMetrics; log: Logger }) {
  let unlogged = 0
  let loggedAt = -Infinity
  return (reason: DiscardReason, count: number, kafka?: string): void => {
    metrics.rejectedDiscarded.inc({ reason }, count)
    unlogged += count
    const now = performance.now()
    if (now - loggedAt < LOG_EVERY_MS) return
    log.warn(
      { reason, discarded: unlogged, kafka },
      'rejected events discarded: they cannot be queried',
    )
    loggedAt = now
    unlogged = 0
  }
}
