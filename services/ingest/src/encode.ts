import type { FramedCodec } from '@custom-events/codec'
import { partitionOf, type TrackedEvent } from '@custom-events/event'
import type { OutgoingRecord } from '@custom-events/kafka'
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
  return judged.flatMap(({ verdict }) => {
    if (verdict.status !== 'accepted') return []
    const { event } = verdict
    const partition = partitionOf(event.group_id, partitionCount)
    const key = Buffer.from(event.group_id, 'utf8')
    return [{ topic, partition, key, value: codec.encode(event, schemaId) }]
  })
}
