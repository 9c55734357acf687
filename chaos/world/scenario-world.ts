import { mkdirSync } from 'node:fs'
import type { SecureKafka, Stack } from '@custom-events/embedded'
import {
  createOperator,
  kafkaConfigFrom,
  readGroupOffsets,
  topicNames,
  type ForeignRecord,
  type GroupOffset,
  type Operator,
  type ProduceManner,
  type TopicNames,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createAccounts } from '../accounts.ts'
import { createLedger, type Ledger } from '../ledger.ts'
import { eventEncoder } from '../refused.ts'
import { createClickHouseQuestions, type Ask } from './clickhouse.ts'
import type { CodecName, ForeignProducer } from './foreign.ts'
import { createProduct, type Ingest, type Output, type Product } from './product.ts'
import type { Scenario } from './scenario.ts'
import type { Service } from './service.ts'
import { send, sendUpdates, type Sending } from './traffic.ts'
import { until } from './until.ts'
import { checkWhole, type Foreign } from './whole.ts'

type Environment = Readonly<Record<string, string>>

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

const WITHIN_MS = 30_000
const WHOLE_WITHIN_MS = 60_000
const PARTITIONS = '3'

/** What a scenario has left when it ends. */
export interface Findings {
  readonly notes: string[]
  /** The longest it took until a service said why it was not ready; null when none had to. */
  notReadyMs: number | null
}

export async function openScenarioWorld(options: {
  readonly scenario: Scenario
  readonly stack: Stack
  readonly seed: number
  readonly folder: string
  /** Another checkout, whose programs are run. */
  readonly repository: string | null
  readonly signal: AbortSignal
  readonly patience: number
  readonly findings: Findings
  readonly say: (line: string) => void
}): Promise<ScenarioWorld & AsyncDisposable> {
  const { scenario, stack, seed, folder, signal, patience, findings, say } = options
  const { secure } = stack
  if (secure === null) throw new Error('scenarios need a stack with secure: true')
  mkdirSync(folder, { recursive: true })
  const name = `${scenario.kind}_${scenario.name}`.toLowerCase().replaceAll('-', '_')
  const topics = topicNames(`${name}.tracked`)
  const consumerGroup = `custom-events.clickhouse.${topics.tracked}`
  const environment: Environment = {
    ...stack.environment,
    ...(scenario.needs === 'secure' ? secure.admin : {}),
    KAFKA_TOPIC: topics.tracked,
    KAFKA_CONSUMER_GROUP: consumerGroup,
    KAFKA_PARTITIONS: PARTITIONS,
    CLICKHOUSE_DATABASE: name,
    LOG_LEVEL: 'info',
    // What reaches the tables, and who is a member of a group, is seen sooner.
    BATCH_MAX_AGE_MS: '200',
    ...scenario.environment,
  }
  const product = createProduct({
    repository: options.repository,
    environment,
    logDir: folder,
    signal,
    patience,
    onNotReady: (tookMs) => (findings.notReadyMs = Math.max(findings.notReadyMs ?? 0, tookMs)),
  })
  const log = createLogger({ service: 'chaos', level: 'silent' })
  const kafka = kafkaConfigFrom({
    KAFKA_BROKERS: stack.environment.KAFKA_BROKERS.split(','),
    KAFKA_CLIENT_ID: 'chaos',
    KAFKA_TLS_ENABLED: false,
    KAFKA_SASL_MECHANISM: 'none',
    KAFKA_SASL_USERNAME: '',
    KAFKA_SASL_PASSWORD: '',
  })
  const operator = createOperator(kafka, log)
  const ledger = createLedger(seed, createAccounts({ ordered: 6, concurrent: 24 }))
  const foreign: Foreign = { eventIds: new Set(), poison: [] }
  const clickhouse = createClickHouseQuestions(stack.environment, name)
  const encode = async ({ event_id, event = 'foreign', group_id }: ForeignEvent) => {
    const encoder = await eventEncoder(stack.registry.url, topics.tracked)
    return encoder({ event_id, event, group_id })
  }
  const setUp = async (more: Environment = {}): Promise<Output> => {
    const output = await product.command(['setup'], more)
    if (output.code !== 0) throw new Error(`setup exited with ${output.code}: ${output.text}`)
    return output
  }

  return {
    seed,
    signal,
    stack,
    secure,
    topics,
    consumerGroup,
    database: name,
    environment,
    ledger,
    operator,
    ...product,
    setUp,
    start: async (more = {}) => {
      await setUp(more)
      const [ingest, consumer] = [await product.ingest(more), await product.consumer(more)]
      await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
      return { ingest, consumer }
    },
    send: (sending) => send(ledger, sending, { signal, patience }),
    sendUpdates: (sending) => sendUpdates(ledger, sending, { signal, patience }),
    putEvents: async (events, { topic = topics.tracked, by = operator, ...manner } = {}) => {
      const encoder = await eventEncoder(stack.registry.url, topics.tracked)
      const records = events.map(
        ({ event_id, event = 'foreign', group_id, partition = 0, key, value, ...rest }) => ({
          ...rest,
          partition,
          key: key === undefined ? group_id : key,
          value: value ?? encoder({ event_id, event, group_id }),
        }),
      )
      await by.produce(topic, records, manner)
      // What was aborted must never be seen: it stays unknown, and would be a phantom.
      if (manner.transaction === 'abort') return
      for (const { event_id } of events) foreign.eventIds.add(event_id)
    },
    putPoison: async (poison, { topic = topics.tracked, by = operator, ...manner } = {}) => {
      await by.produce(topic, poison, manner)
      if (manner.transaction === 'abort') return
      for (const { partition, key, value } of poison) {
        const bytes = value === null ? null : Buffer.from(value)
        foreign.poison.push({ kind: 'put', partition, key: Buffer.from(key ?? ''), value: bytes })
      }
    },
    encode,
    ask: clickhouse.ask,
    execute: clickhouse.execute,
    offsets: (group = consumerGroup) =>
      readGroupOffsets({ kafka, consumerGroup: group, topics: Object.values(topics), log }),
    expectWhole: (withinMs = WHOLE_WITHIN_MS) =>
      checkWhole({
        ledger,
        foreign,
        ask: clickhouse.ask,
        topics: [topics.tracked],
        withinMs: withinMs * patience,
        signal,
      }),
    until: async (attempt, withinMs = WITHIN_MS) =>
      (await until(attempt, { withinMs: withinMs * patience, signal })).value,
    note: (text) => {
      findings.notes.push(text)
      say(text)
    },
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  }
}
