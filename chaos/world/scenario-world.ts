import type { SecureKafka, Stack } from '@custom-events/embedded'
import type {
  ForeignRecord,
  GroupOffset,
  Operator,
  ProduceManner,
  TopicNames,
} from '@custom-events/kafka'
import type { Ledger } from '../ledger.ts'
import type { Ask } from './clickhouse.ts'
import type { CodecName, ForeignProducer } from './foreign.ts'
import type { Ingest, Output, Product } from './product.ts'
import type { Service } from './service.ts'
import type { Sending } from './traffic.ts'

export type Environment = Readonly<Record<string, string>>

/**
 * Everything a scenario works with: real servers, topics, a database and a group of its own, the programs
 * of the product, and a ledger of what was accepted. Whatever is started here ends with the scenario.
 */
export interface ScenarioWorld extends Pick<Product, 'ingest' | 'consumer' | 'command'> {
  readonly seed: number
  /** Aborted when the scenario has taken too long. */
  readonly signal: AbortSignal
  readonly stack: Stack
  /** The same Kafka where it asks who somebody is: `world.secure.makeUser(name, rights)`. */
  readonly secure: SecureKafka
  readonly topics: TopicNames
  readonly consumerGroup: string
  readonly database: string
  /** Of setup and of every service; what a call names comes on top. */
  readonly environment: Environment
  readonly ledger: Ledger
  /** What an operator's tools do to Kafka. */
  readonly operator: Operator

  /** `custom-events setup`. @throws unless it exits 0. */
  setUp(environment?: Environment): Promise<Output>
  /** Sets up, starts one ingest and one consumer, and waits until both are ready. */
  start(environment?: Environment): Promise<{ readonly ingest: Ingest; readonly consumer: Service }>

  /** Sends events of the ledger, 300 unless it says otherwise, and waits until every fate is known. */
  send(sending: Sending): Promise<void>
  /** Sends accepted events again, changed. */
  sendUpdates(sending: { readonly through: Ingest; readonly count: number }): Promise<void>
  /** Writes events past ingest, as somebody else's producer does; each must become a row. */
  putEvents(events: readonly ForeignEvent[], manner?: PutManner): Promise<void>
  /** Writes what nobody can read; it must come to rest in `dead_letters`, byte for byte. */
  putPoison(poison: readonly ForeignRecord[], manner?: PutManner): Promise<void>
  /** The value of an event's record, for what `putEvents` cannot say. */
  encode(event: ForeignEvent): Promise<Buffer>

  /** Rows of a query in the scenario's database. */
  ask: Ask
  /** A statement without a result. */
  execute(sql: string): Promise<void>
  /** How far a group has come in each partition of the three topics. @default the group of the consumers */
  offsets(consumerGroup?: string): Promise<readonly GroupOffset[]>
  /** Everything accepted or put is there, once, unchanged, in order, and nothing else is. @default within 60 s */
  expectWhole(withinMs?: number): Promise<void>
  /** Tries again until it does not throw. @default within 30 s */
  until<T>(attempt: () => Promise<T> | T, withinMs?: number): Promise<T>
  /** Said while it runs, and in the table's last column. */
  note(text: string): void
}

export interface ForeignEvent {
  readonly event_id: string
  readonly event?: string
  readonly group_id: string
  /** @default 0 */
  readonly partition?: number
  readonly headers?: Readonly<Record<string, Buffer | string>>
  readonly timestampMs?: number
  /** The record's key. @default its group_id */
  readonly key?: ForeignRecord['key']
  /** The record's value. @default the event by our schema */
  readonly value?: Buffer
}

export interface PutManner extends Pick<ProduceManner, 'transaction'> {
  /** kafkajs writes only gzip; those in `by` write all. */
  readonly codec?: CodecName
  /** @default kafkajs */
  readonly by?: ForeignProducer
  /** @default the topic of accepted events */
  readonly topic?: string
}
