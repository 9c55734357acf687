import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { BLANK_EVENT, type TrackedEvent } from '@custom-events/event'
import { createSchemaRegistry } from '@custom-events/kafka'

/** Events of this name decode, and the table refuses them by a constraint that the harness adds. */
export const REFUSED_EVENT = 'chaos_refused'

type Name = Pick<TrackedEvent, 'event_id' | 'event' | 'group_id'>

/** Makes the bytes of an event that never came to ingest. @throws while the registry is away. */
export async function eventEncoder(
  registryUrl: string,
  topic: string,
): Promise<(name: Name) => Buffer> {
  const registry = createSchemaRegistry({ url: registryUrl })
  const schemaId = await registry.register(`${topic}-value`, eventAvroSchema)
  const codec = createEventCodec()
  return (name) => codec.encode({ ...COMMON, ...name }, schemaId)
}

/** Makes the bytes of an event that only ClickHouse refuses. @throws while the registry is away. */
export async function refusedEncoder(
  registryUrl: string,
  topic: string,
): Promise<(key: string) => Buffer> {
  const encode = await eventEncoder(registryUrl, topic)
  return (key) => encode({ event_id: key, event: REFUSED_EVENT, group_id: key })
}

const COMMON: Omit<TrackedEvent, keyof Name> = {
  ...BLANK_EVENT,
  user_id: 'u',
  timestamp: Date.UTC(2026, 8, 1),
  received_at: Date.UTC(2026, 8, 1),
}

/** What the harness does to the tables before anything is inserted. */
export async function addRefusal(ask: (sql: string) => Promise<unknown>): Promise<void> {
  await ask(`ALTER TABLE events ADD CONSTRAINT chaos_refuses CHECK event != '${REFUSED_EVENT}'`)
  // The probe table cannot be altered; made again, it has what the table has.
  await ask('DROP TABLE events_probe SYNC')
  await ask('CREATE TABLE events_probe AS events ENGINE = Null')
}
