import { createTranscoder, type NativeBlock } from '@custom-events/codec'
import { SchemaRegistryError, type FetchedRecord, type SchemaRegistry } from '@custom-events/kafka'
import { encodeDeadLetters, deadLetterColumns } from './dead-letter-rows.ts'
import { createPoisonWindow, type PoisonWindow } from './poison.ts'

export type Table = 'events' | 'rejected_events' | 'dead_letters'

/** The way of a topic's records into a table. */
export interface Route {
  readonly topic: string
  readonly table: Table
  /** Column whose range narrows a read-back. */
  readonly timeColumn: string
  readonly columns: readonly string[]
  readonly poison: PoisonWindow
  /** Learns what is needed to decode. @throws {SchemaRegistryError} `unavailable` */
  prepare(records: readonly FetchedRecord[]): Promise<void>
  encode(records: readonly FetchedRecord[]): NativeBlock
}

/** Records in Avro, as ingest produces them. */
export function avroRoute(options: {
  readonly topic: string
  readonly table: Table
  readonly readerSchema: string
  readonly registry: Pick<SchemaRegistry, 'schema'>
}): Route {
  const { topic, table, readerSchema, registry } = options
  const timeColumn = 'received_at'
  const transcoder = createTranscoder({ readerSchema, timeColumn })
  return {
    topic,
    table,
    timeColumn,
    columns: transcoder.columns,
    poison: createPoisonWindow(),
    prepare: async (records) => {
      for (const id of transcoder.unknownSchemaIds(records)) {
        transcoder.learn(id, await writerSchema(registry, id))
      }
    },
    encode: (records) => transcoder.transcode(records),
  }
}

/** Only a definite answer makes a schema unknown; a registry that is away never does. */
async function writerSchema(
  registry: Pick<SchemaRegistry, 'schema'>,
  id: number,
): Promise<string | null> {
  try {
    return await registry.schema(id)
  } catch (error) {
    if (error instanceof SchemaRegistryError && error.failure === 'unknown') return null
    throw error
  }
}

/** Dead letters are kept as they are: nothing in them has to be understood. */
export function deadLetterRoute(topic: string): Route {
  return {
    topic,
    table: 'dead_letters',
    timeColumn: 'dead_lettered_at',
    columns: deadLetterColumns,
    poison: createPoisonWindow(),
    prepare: async () => {},
    encode: (records) => encodeDeadLetters(topic, records),
  }
}
