import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { createSchemaRegistry } from '@custom-events/kafka'

/** Events of this name decode, and the table refuses them by a constraint that the harness adds. */
export const REFUSED_EVENT = 'chaos_refused'

/** Makes the bytes of an event that only ClickHouse refuses. @throws while the registry is away. */
export async function refusedEncoder(
  registryUrl: string,
  topic: string,
): Promise<(key: string) => Buffer> {
  const registry = createSchemaRegistry({ url: registryUrl })
  const schemaId = await registry.register(`${topic}-value`, eventAvroSchema)
  const codec = createEventCodec()
  return (key) =>
    codec.encode(
      {
        event_id: key,
        event: REFUSED_EVENT,
        group_id: key,
        user_id: 'u',
        anonymous_id: null,
        timestamp: Date.UTC(2026, 8, 1),
        sent_at: null,
        received_at: Date.UTC(2026, 8, 1),
        properties: '{}',
        context: '{}',
        extra: '{}',
        source: '',
      },
      schemaId,
    )
}
