import { identityHash, type IdentityColumn, type RegisteredLog } from '@custom-events/clickhouse'
import { createTranscoder, type NativeBlock } from '@custom-events/codec'
import type { FetchedRecord, SchemaRegistry } from '@custom-events/kafka'
import {
  deadLetterColumns,
  deadLetterIdentity,
  encodeDeadLetters,
  identityOfDeadLetter,
} from '../dead-letter/dead-letter-rows.ts'
import { createPoisonWindow, type PoisonWindow } from '../dead-letter/poison.ts'
import {
  createWriterSchemas,
  NO_SCHEMAS,
  type SchemaMove,
  type WriterSchemas,
} from './writer-schemas.ts'

/** Tables of records in Avro. */
export type AvroTable = 'events' | 'rejected_events'
export type Table = AvroTable | 'dead_letters' | 'seal_keys'

/** The way of a topic's records into a table, whichever log the topic is. */
export interface TopicRoute {
  readonly topic: string
  readonly table: Table
  /** The way of this log's records: versions of rows begin with its generation. */
  of(log: RegisteredLog): Route
}

/** The way of one log's records into a table. */
export interface Route {
  readonly topic: string
  readonly table: Table
  readonly log: RegisteredLog
  /** Column whose range narrows a read-back. */
  readonly timeColumn: string
  readonly columns: readonly string[]
  /** What makes a row this very record, beside its place. */
  readonly identity: readonly IdentityColumn[]
  readonly poison: PoisonWindow
  readonly schemas: WriterSchemas
  encode(records: readonly FetchedRecord[]): NativeBlock
  /** Of a record that is in a block: as ClickHouse makes it of a row. */
  identityOf(record: FetchedRecord): string
  /** Which part of the table it goes to: months since the year 0. Where there are no parts, always 0. */
  monthOf(record: FetchedRecord): number
}

/**
 * Of each table: what the producer said of a record and when it was taken. Offsets are given out again where
 * Kafka was restored from a backup, under the same ids; the records there are others.
 */
const IDENTITIES: Readonly<Record<AvroTable, readonly IdentityColumn[]>> = {
  events: [
    { name: 'group_id', kind: 'text' },
    { name: 'event', kind: 'text' },
    { name: 'timestamp', kind: 'time' },
    { name: 'event_id', kind: 'text' },
    { name: 'received_at', kind: 'time' },
  ],
  rejected_events: [
    { name: 'code', kind: 'text' },
    { name: 'received_at', kind: 'time' },
    { name: 'request_id', kind: 'text' },
    { name: 'index', kind: 'number' },
  ],
}

/** Column whose month is the part of the table. */
const PARTITIONED_BY = { events: 'timestamp', rejected_events: 'received_at' } as const

/** How an INSERT names a column that is kept as a difference: see schemas/clickhouse/0001_events.sql. */
const COLUMN_BY_FIELD: Readonly<Record<AvroTable, Readonly<Record<string, string>>>> = {
  events: { sent_at: 'set_sent_at', received_at: 'set_received_at' },
  rejected_events: {},
}

function monthOfText(milliseconds: Buffer | undefined): number {
  const date = new Date(Number(milliseconds))
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** Records in Avro, as ingest produces them. */
export function avroRoute(options: {
  readonly topic: string
  readonly table: AvroTable
  readonly readerSchema: string
  readonly registry: Pick<SchemaRegistry, 'schema'>
  /** @default one that lets nothing pass that is too much */
  readonly poison?: PoisonWindow
  readonly onMoved?: (schemaId: number, what: SchemaMove) => void
}): TopicRoute {
  const { topic, table, readerSchema, registry, poison = createPoisonWindow(), onMoved } = options
  const timeColumn = 'received_at'
  const transcoder = createTranscoder({
    readerSchema,
    timeColumn,
    columnByField: COLUMN_BY_FIELD[table],
  })
  const identity = IDENTITIES[table]
  const parts = identity.map(({ name }) => name)
  const ofEveryLog = {
    topic,
    table,
    timeColumn,
    columns: transcoder.columns,
    identity,
    poison,
    schemas: createWriterSchemas({
      transcoder,
      registry,
      ...(onMoved === undefined ? {} : { onMoved }),
    }),
    identityOf: (record: FetchedRecord) => identityHash(transcoder.fields(record, parts)),
    monthOf: (record: FetchedRecord) =>
      monthOfText(transcoder.fields(record, [PARTITIONED_BY[table]])[0]),
  }
  return {
    topic,
    table,
    of: (log) => ({
      ...ofEveryLog,
      log,
      encode: (records) => transcoder.transcode(records, log.generation),
    }),
  }
}

/** Dead letters are kept as they are: nothing in them has to be understood. */
export function deadLetterRoute(topic: string): TopicRoute {
  const table = 'dead_letters'
  const poison = createPoisonWindow()
  return {
    topic,
    table,
    of: (log) => ({
      topic,
      table,
      log,
      timeColumn: 'dead_lettered_at',
      columns: deadLetterColumns,
      identity: deadLetterIdentity,
      poison,
      schemas: NO_SCHEMAS,
      encode: (records) => encodeDeadLetters(log, records),
      identityOf: (record) => identityOfDeadLetter(log, record),
      monthOf: () => 0,
    }),
  }
}
