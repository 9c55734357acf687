import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { BLANK_EVENT, type TrackedEvent } from '@custom-events/event'
import { createSchemaRegistry } from '@custom-events/kafka'

/** Events of this name decode, and the table refuses them by a constraint that the harness adds. */
export const REFUSED_EVENT = 'chaos_refused'

type Name = Pick<TrackedEvent, 'event_id' | 'event' | 'group_id'> &
  Partial<Pick<TrackedEvent, 'user_id'>>
/** Of an event that only ClickHouse refuses. */
export type RefusedName = Omit<Name, 'event'>

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
): Promise<(name: RefusedName) => Buffer> {
  const encode = await eventEncoder(registryUrl, topic)
  return (name) => encode({ ...name, event: REFUSED_EVENT })
}

const COMMON: Omit<TrackedEvent, Exclude<keyof Name, 'user_id'>> = {
  ...BLANK_EVENT,
  user_id: 'u',
  timestamp: Date.UTC(2026, 8, 1),
  received_at: Date.UTC(2026, 8, 1),
}

/** What the harness does to the tables before anything is inserted. */
export async function addRefusal(ask: (sql: string) => Promise<unknown>): Promise<void> {
  await ask(`ALTER TABLE events ADD CONSTRAINT chaos_refuses CHECK event != '${REFUSED_EVENT}'`)
  await renewProbe(ask)
}

/** From now on the table takes what it refused. */
export async function removeRefusal(ask: (sql: string) => Promise<unknown>): Promise<void> {
  await ask('ALTER TABLE events DROP CONSTRAINT IF EXISTS chaos_refuses')
  await renewProbe(ask)
}

async function renewProbe(ask: (sql: string) => Promise<unknown>): Promise<void> {
  // The probe table cannot be altered; made again, it has what the table has.
  await ask('DROP TABLE IF EXISTS events_probe SYNC')
  await ask('CREATE TABLE IF NOT EXISTS events_probe AS events ENGINE = Null')
}
