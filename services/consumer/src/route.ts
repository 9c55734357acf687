import { createTranscoder, type NativeBlock } from '@custom-events/codec'
import type { FetchedRecord, SchemaRegistry } from '@custom-events/kafka'
import { encodeDeadLetters, deadLetterColumns } from './dead-letter-rows.ts'
import { createPoisonWindow, type PoisonWindow } from './poison.ts'
import {
  createWriterSchemas,
  NO_SCHEMAS,
  type SchemaMove,
  type WriterSchemas,
} from './writer-schemas.ts'

export type Table = 'events' | 'rejected_events' | 'dead_letters'

/** The way of a topic's records into a table. */
export interface Route {
  readonly topic: string
  readonly table: Table
  /** Column whose range narrows a read-back. */
  readonly timeColumn: string
  readonly columns: readonly string[]
  readonly poison: PoisonWindow
  readonly schemas: WriterSchemas
  encode(records: readonly FetchedRecord[]): NativeBlock
}

/** Records in Avro, as ingest produces them. */
export function avroRoute(options: {
  readonly topic: string
  readonly table: Table
  readonly readerSchema: string
  readonly registry: Pick<SchemaRegistry, 'schema'>
  /** @default one that lets nothing pass that is too much */
  readonly poison?: PoisonWindow
  readonly onMoved?: (schemaId: number, what: SchemaMove) => void
}): Route {
  const { topic, table, readerSchema, registry, poison = createPoisonWindow(), onMoved } = options
  const timeColumn = 'received_at'
  const transcoder = createTranscoder({ readerSchema, timeColumn })
  return {
    topic,
    table,
    timeColumn,
    columns: transcoder.columns,
    poison,
    schemas: createWriterSchemas({
      transcoder,
      registry,
      ...(onMoved === undefined ? {} : { onMoved }),
    }),
    encode: (records) => transcoder.transcode(records),
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
    schemas: NO_SCHEMAS,
    encode: (records) => encodeDeadLetters(topic, records),
  }
}
