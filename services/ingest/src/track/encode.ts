import { RecordBuffer, type FramedCodec } from '@custom-events/codec'
import {
  FastEvent,
  partitionOfEvent,
  partitionOfHashed,
  type Placement,
  type PlanSet,
  type TrackedEvent,
} from '@custom-events/event'
import { BufferedRecord, type OutgoingRecord } from '@custom-events/kafka'
import type { SchemaIds } from '../schema/schema-ids.ts'
import type { IngestSettings } from '../settings.ts'
import type { PlanFolder } from '../schema/plan-folder.ts'
import type { SealedRecord } from '../seal/produce-sealed.ts'
import type { Sealer } from '../seal/sealer.ts'
import { KAFKA_AWAY, REGISTRY_AWAY } from '../admission/refusals.ts'
import { EVENTS_PER_LOOK, type Slices } from '../admission/slices.ts'
import type { Judged } from './verdicts.ts'

interface Encoding {
  readonly codec: FramedCodec<TrackedEvent>
  readonly schemas: Pick<SchemaIds, 'trackedId'>
  readonly settings: Pick<IngestSettings, 'place'>
  /** What they mark is sealed. */
  readonly plans: Pick<PlanFolder, 'current'>
  readonly sealer: Sealer
}

/** One record per accepted event, in their order; those that are sealed are `SealedRecord`s. */
export function encode(encoding: Encoding, judged: readonly Judged[]): readonly OutgoingRecord[] {
  const started = start(encoding, judged)
  encodeUpTo(started, judged.length)
  return started.records
}

/** The same for a long list, yielding to others: 2,500 events take 1.5 ms, on the reference path 7 ms. */
export async function encodeInSlices(
  encoding: Encoding,
  judged: readonly Judged[],
  slices: Slices,
): Promise<readonly OutgoingRecord[]> {
  const started = start(encoding, judged)
  for (let end = 0; end < judged.length;) {
    if (slices.isOver) await slices.yieldToOthers()
    end = Math.min(end + EVENTS_PER_LOOK, judged.length)
    encodeUpTo(started, end)
  }
  return started.records
}

interface Started {
  readonly codec: Encoding['codec']
  readonly sealer: Sealer
  /** Of the whole request: `null` when nothing of any event is sealed. */
  readonly plans: PlanSet | null
  readonly judged: readonly Judged[]
  /** Of `judged`, the one that comes next. */
  next: number
  readonly records: (OutgoingRecord | SealedRecord)[]
  readonly topic: string
  readonly placement: Placement
  readonly schemaId: number
  readonly recordBuffer: RecordBuffer
}

function start(encoding: Encoding, judged: readonly Judged[]): Started {
  const { codec, sealer, schemas, settings } = encoding
  const placement = settings.place()
  const { topic, closed } = placement
  if (closed !== null) throw KAFKA_AWAY // the topic grows, since the request was let in
  const schemaId = schemas.trackedId
  if (schemaId === null) throw REGISTRY_AWAY // found to be wrong since the request was let in
  const recordBuffer = openRecordBuffer(judged, schemaId)
  const { current } = encoding.plans
  const plans = current.sealsByEvent === null ? null : current
  const place = { topic, placement, schemaId, recordBuffer }
  return { codec, sealer, plans, judged, next: 0, records: [], ...place }
}

function encodeUpTo(started: Started, end: number): void {
  const { judged, plans, records, topic, placement, recordBuffer } = started
  for (; started.next < end; started.next += 1) {
    const verdict = judged[started.next]?.verdict
    if (verdict?.status !== 'accepted') continue
    const { event } = verdict
    const sealed = plans === null ? null : started.sealer.seal(event, plans)
    if (sealed !== null) {
      records.push({ ...recordOf(started, sealed), sealKeys: sealed.keys })
    } else if (event instanceof FastEvent) {
      recordBuffer.write(event)
      const partition = partitionOfHashed(recordBuffer.hash, event, placement)
      records.push(new BufferedRecord(topic, partition, recordBuffer))
    } else {
      records.push(recordOf(started, event))
    }
  }
}

function recordOf(started: Started, event: TrackedEvent): OutgoingRecord {
  const { codec, topic, placement, schemaId } = started
  const partition = partitionOfEvent(event, placement)
  const key = Buffer.from(event.group_id, 'utf8')
  return { topic, partition, key, value: codec.encode(event, schemaId) }
}

function openRecordBuffer(judged: readonly Judged[], schemaId: number): RecordBuffer {
  const events: FastEvent[] = []
  for (const { verdict } of judged) {
    if (verdict.status === 'accepted' && verdict.event instanceof FastEvent) {
      events.push(verdict.event)
    }
  }
  return new RecordBuffer(events, { schemaId, source: events[0]?.source ?? '' })
}
