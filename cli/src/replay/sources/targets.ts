import type { ClickHouse, RegisteredLog } from '@custom-events/clickhouse'
import {
  createRecordReader,
  eventAvroSchema,
  rejectedAvroSchema,
  type RecordReader,
  type RejectedEvent,
} from '@custom-events/codec'
import { avroRoute, type Route } from '@custom-events/consumer'
import { partitionOfEvent, type TrackedEvent } from '@custom-events/event'
import type { AccountsPlace, FetchedRecord, SchemaRegistry, TopicNames } from '@custom-events/kafka'
import { isSuperseded } from './judged.ts'
import { identityKey, type newestInShards } from './newest.ts'

/** A topic that dead letters go back to. */
export interface Target {
  /** The consumer's way of its records into a table. */
  readonly route: Route
  /** Where each of these goes; records that the route has decoded. */
  place(candidates: readonly Candidate[]): Promise<ReadonlyMap<FetchedRecord, Placed>>
}

interface Candidate {
  readonly record: FetchedRecord
  /** Of the log it lay in, where that is known. */
  readonly generation: number | null
}

interface Placed {
  readonly topic: string
  readonly partition: number
  /** The table has a copy as new or newer. */
  readonly isSuperseded: boolean
}

interface Options {
  readonly topics: TopicNames
  /** Every generation of the topic of accepted events, the oldest first. */
  readonly generations: readonly string[]
  /** Where accounts are placed now. */
  readonly place: () => AccountsPlace
  readonly newestCopies: ReturnType<typeof newestInShards>
  readonly clickhouse: ClickHouse
  /** Of the topics. */
  readonly logs: readonly RegisteredLog[]
  readonly registry: SchemaRegistry
}

/** The topics whose records the consumer sets aside. */
export function replayTargets(options: Options): ReadonlyMap<string, Target> {
  const { topics, generations } = options
  return new Map([
    ...generations.map((topic) => [topic, trackedTarget(options, topic)] as const),
    [topics.rejected, rejectedTarget(options)],
  ])
}

/** @param topic a generation of it, that of the dead letters; they go to the one where accounts are placed now. */
function trackedTarget(options: Options, topic: string): Target {
  const { place, newestCopies, registry } = options
  const readerSchema = eventAvroSchema
  const reader = createRecordReader<TrackedEvent>(readerSchema)
  return {
    route: avroRoute({ topic, table: 'events', readerSchema, registry }).of(logOf(options, topic)),
    place: async (candidates) => {
      const events = await readAll(reader, registry, candidates)
      const to = place()
      if (to.closed !== null) throw new Error(to.closed)
      const newest = await newestCopies(events)
      return placed(candidates, events, ({ record, generation }, event) => ({
        topic: to.topic,
        // The event's own: it differs where the topic has grown, or another producer than ours chose the record's.
        partition: partitionOfEvent(event, to),
        isSuperseded: isSuperseded(newest.get(identityKey(event)), {
          receivedAtMs: event.received_at,
          place: { ...record, generation },
        }),
      }))
    },
  }
}

/** A rejected event never changes: any copy of it, resolved or not, is as new. */
function rejectedTarget(options: Options): Target {
  const { topics, clickhouse, registry } = options
  const readerSchema = rejectedAvroSchema
  const reader = createRecordReader<RejectedEvent>(readerSchema)
  return {
    route: avroRoute({
      topic: topics.rejected,
      table: 'rejected_events',
      readerSchema,
      registry,
    }).of(logOf(options, topics.rejected)),
    place: async (candidates) => {
      const events = await readAll(reader, registry, candidates)
      const rows = await clickhouse.query<RejectedKey>(REJECTED_KEYS, {
        ids: [...new Set(events.map((event) => event.request_id))],
      })
      const present = new Set(rows.map(keyOfRejected))
      return placed(candidates, events, ({ record }, event) => ({
        topic: topics.rejected,
        partition: record.partition,
        isSuperseded: present.has(
          keyOfRejected({ ...event, received_ms: String(event.received_at) }),
        ),
      }))
    },
  }
}

/** What a rejected event is known by: several requests may have one id, which may be their client's. */
interface RejectedKey extends Pick<RejectedEvent, 'code' | 'request_id' | 'index'> {
  readonly received_ms: string
}

const REJECTED_KEYS = `
  SELECT DISTINCT code, toUnixTimestamp64Milli(received_at) AS received_ms, request_id, \`index\`
  FROM rejected_events WHERE has({ids:Array(String)}, request_id)`

function keyOfRejected({ code, received_ms: ms, request_id: id, index }: RejectedKey): string {
  return JSON.stringify([code, ms, id, index])
}

function logOf({ logs }: Options, topic: string): RegisteredLog {
  const log = logs.find((each) => each.topic === topic)
  if (log === undefined) throw new Error(`the log of ${topic} is not registered`)
  return log
}

function readAll<T>(
  reader: RecordReader<T>,
  registry: SchemaRegistry,
  candidates: readonly Candidate[],
): Promise<readonly T[]> {
  return Promise.all(candidates.map(({ record }) => read(reader, registry, record)))
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
  candidates: readonly Candidate[],
  values: readonly T[],
  place: (candidate: Candidate, value: T) => Placed,
): ReadonlyMap<FetchedRecord, Placed> {
  return new Map(
    candidates.flatMap((candidate, index) => {
      const value = values[index]
      return value === undefined ? [] : [[candidate.record, place(candidate, value)] as const]
    }),
  )
}
