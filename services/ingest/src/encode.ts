import { EventSlab, type FramedCodec } from '@custom-events/codec'
import { LaneEvent, partitionOf, partitionOfHash, type TrackedEvent } from '@custom-events/event'
import { SlabRecord, type OutgoingRecord } from '@custom-events/kafka'
import type { SchemaIds } from './schema-ids.ts'
import type { IngestSettings } from './settings.ts'
import type { Judged } from './verdicts.ts'

interface Encoding {
  readonly codec: FramedCodec<TrackedEvent>
  readonly schemas: Pick<SchemaIds, 'trackedId'>
  readonly settings: Pick<IngestSettings, 'topics' | 'partitionCountByTopic'>
}

/** One record per accepted event, in their order. */
export function encode(
  { codec, schemas, settings }: Encoding,
  judged: readonly Judged[],
): readonly OutgoingRecord[] {
  const topic = settings.topics.tracked
  const partitionCount = settings.partitionCountByTopic[topic] ?? 1
  const schemaId = schemas.trackedId
  if (schemaId === null) throw new Error('the schema id is unknown although the schemas are ready')
  const slab = openSlab(judged, schemaId)
  const records: OutgoingRecord[] = []
  for (const { verdict } of judged) {
    if (verdict.status !== 'accepted') continue
    const { event } = verdict
    if (event instanceof LaneEvent) {
      slab.write(event)
      const partition = partitionOfHash(slab.hash, partitionCount)
      records.push(new SlabRecord(topic, partition, slab))
    } else {
      const partition = partitionOf(event.group_id, partitionCount)
      const key = Buffer.from(event.group_id, 'utf8')
      records.push({ topic, partition, key, value: codec.encode(event, schemaId) })
    }
  }
  return records
}

function openSlab(judged: readonly Judged[], schemaId: number): EventSlab {
  const events: LaneEvent[] = []
  for (const { verdict } of judged) {
    if (verdict.status === 'accepted' && verdict.event instanceof LaneEvent) {
      events.push(verdict.event)
    }
  }
  return new EventSlab(events, { schemaId, source: events[0]?.source ?? '' })
}
