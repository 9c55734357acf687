import type { ClickHouse } from '@custom-events/clickhouse'
import {
  createRecordReader,
  eventAvroSchema,
  rejectedAvroSchema,
  type RecordReader,
  type RejectedEvent,
} from '@custom-events/codec'
import { avroRoute, type Route } from '@custom-events/consumer'
import { partitionOf, type TrackedEvent } from '@custom-events/event'
import type { FetchedRecord, SchemaRegistry, TopicNames } from '@custom-events/kafka'
import { isSuperseded } from './judged.ts'
import { identityKey, newestCopies } from './newest.ts'

/** A topic that dead letters go back to. */
export interface Target {
  /** The consumer's way of its records into a table. */
  readonly route: Route
  /** Where each of these goes; records that the route has decoded. */
  place(records: readonly FetchedRecord[]): Promise<ReadonlyMap<FetchedRecord, Placed>>
}

interface Placed {
  readonly partition: number
  /** The table has a copy as new or newer. */
  readonly isSuperseded: boolean
}

interface Options {
  readonly topics: TopicNames
  /** The pinned partition count of the topic of accepted events. */
  readonly trackedPartitions: number
  readonly clickhouse: ClickHouse
  readonly registry: SchemaRegistry
}

/** The topics whose records the consumer sets aside. */
export function replayTargets(options: Options): ReadonlyMap<string, Target> {
  const { topics } = options
  return new Map([
    [topics.tracked, trackedTarget(options)],
    [topics.rejected, rejectedTarget(options)],
  ])
}

function trackedTarget({ topics, trackedPartitions, clickhouse, registry }: Options): Target {
  const readerSchema = eventAvroSchema
  const reader = createRecordReader<TrackedEvent>(readerSchema)
  return {
    route: avroRoute({ topic: topics.tracked, table: 'events', readerSchema, registry }),
    place: async (records) => {
      const events = await Promise.all(records.map((record) => read(reader, registry, record)))
      const newest = await newestCopies(clickhouse, events)
      return placed(records, events, (record, event) => ({
        // The account's own: it differs only if another producer than ours chose the record's.
        partition: partitionOf(event.group_id, trackedPartitions),
        isSuperseded: isSuperseded(newest.get(identityKey(event)), {
          receivedAtMs: event.received_at,
          place: record,
        }),
      }))
    },
  }
}

/** A rejected event never changes: any copy of it, resolved or not, is as new. */
function rejectedTarget({ topics, clickhouse, registry }: Options): Target {
  const readerSchema = rejectedAvroSchema
  const reader = createRecordReader<RejectedEvent>(readerSchema)
  return {
    route: avroRoute({ topic: topics.rejected, table: 'rejected_events', readerSchema, registry }),
    place: async (records) => {
      const events = await Promise.all(records.map((record) => read(reader, registry, record)))
      const rows = await clickhouse.query<{ request_id: string; index: number }>(
        'SELECT DISTINCT request_id, `index` FROM rejected_events WHERE has({ids:Array(String)}, request_id)',
        { ids: [...new Set(events.map((event) => event.request_id))] },
      )
      const present = new Set(rows.map(({ request_id: id, index }) => JSON.stringify([id, index])))
      return placed(records, events, (record, { request_id: id, index }) => ({
        partition: record.partition,
        isSuperseded: present.has(JSON.stringify([id, index])),
      }))
    },
  }
}

async function read<T>(
  reader: RecordReader<T>,
  registry: SchemaRegistry,
  { value }: FetchedRecord,
): Promise<T> {
  if (value === null) throw new Error('a tombstone has no event')
  return reader.read(value, await registry.schema(value.readUInt32BE(1))) // asked once per schema
}

function placed<T>(
  records: readonly FetchedRecord[],
  values: readonly T[],
  place: (record: FetchedRecord, value: T) => Placed,
): ReadonlyMap<FetchedRecord, Placed> {
  return new Map(
    records.flatMap((record, index) => {
      const value = values[index]
      return value === undefined ? [] : [[record, place(record, value)] as const]
    }),
  )
}
