import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { createClickHouse, keysDatabase, type ClickHouse } from '@custom-events/clickhouse'
import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { freePort } from '@custom-events/embedded'
import { BLANK_EVENT, partitionOf, type TrackedEvent } from '@custom-events/event'
import {
  createConsumer,
  createMemoryBudget,
  createOperator,
  createProducer,
  createSchemaRegistry,
  kafkaConfigFrom,
  partitionCounts,
  topicNames,
  type OutgoingRecord,
  type PartitionOffset,
  type TopicNames,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'
import { fromOurs } from '../support/from-ours.ts'
import type { Servers } from '../support/server-addresses.ts'

export const PARTITIONS = 4

/** The least that Kafka allows: a killed consumer keeps its partitions for so long. */
const FAST = { KAFKA_SESSION_TIMEOUT_MS: '6000', BATCH_MAX_AGE_MS: '200' }

/** A topic, a consumer group and a database of a test's own, set up like the real ones. */
export interface World extends AsyncDisposable {
  readonly topics: TopicNames
  readonly database: string
  /** The variables of its services and commands. */
  readonly environment: Readonly<Record<string, string>>
  readonly clickhouse: ClickHouse
  /** Produces and waits until Kafka has every record. */
  produce(records: readonly OutgoingRecord[]): Promise<void>
  /** One record to the first partition of any topic. */
  produceTo(topic: string, record: { readonly key: string; readonly value: string }): Promise<void>
  /** As an operator's own tools do it. */
  addPartitions(topic: string, count: number): Promise<void>
  /** Event number `index` as a record: the same bytes every time. */
  record(index: number, change?: Partial<TrackedEvent>): OutgoingRecord
  /** Commits for the test's consumer group, as a member of it would. */
  commit(offset: PartitionOffset): Promise<void>
  /** Setup once more, as an operator would run it. */
  setUp(): Promise<void>
  startConsumer(environment?: Readonly<Record<string, string>>): Promise<ConsumerProcess>
}

/** A consumer as its own process. */
export interface ConsumerProcess extends AsyncDisposable {
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  kill(signal: NodeJS.Signals): void
  /** What the readiness page says. */
  readiness(): Promise<{ readonly isReady: boolean; readonly reasons: readonly string[] }>
  /** A metric's value, summed over its labels. */
  metric(name: string): Promise<number>
  log(): string
}

export async function createWorld(
  servers: Pick<Servers, 'environment'>,
  environment: Readonly<Record<string, string>> = {},
): Promise<World> {
  await using resources = new AsyncDisposableStack()
  const id = randomUUID().slice(0, 8)
  const database = `test_${id}`
  const variables = {
    ...servers.environment,
    KAFKA_TOPIC: `events.tracked.${id}`,
    KAFKA_PARTITIONS: String(PARTITIONS),
    KAFKA_CONSUMER_GROUP: `consumer.${id}`,
    CLICKHOUSE_DATABASE: database,
    LOG_LEVEL: 'warn',
    ...environment,
  }
  const { config } = readSetupConfig(variables)
  const log = createLogger({ service: 'test', level: 'silent' })
  const runSetup = (): Promise<void> => setUp(config, log, () => {})
  await eventually(runSetup) // idempotent; a topic just made may not be known to the broker at once
  const topics = topicNames(config.KAFKA_TOPIC)
  const clickhouse = resources.use(createClickHouse(config))
  for (const name of [database, keysDatabase(database)]) {
    resources.defer(() => clickhouse.command(`DROP DATABASE IF EXISTS ${name}`).catch(() => {}))
  }
  const producer = resources.use(
    createProducer({
      kafka: kafkaConfigFrom(config),
      partitionCountByTopic: partitionCounts(topics, PARTITIONS),
      log,
    }),
  )
  await eventually(() => {
    if (producer.notReadyReason !== null) throw new Error(producer.notReadyReason)
  })
  const operator = createOperator(kafkaConfigFrom(config), log)
  const registry = createSchemaRegistry({ url: config.SCHEMA_REGISTRY_URL })
  const schemaId = await registry.register(`${topics.tracked}-value`, eventAvroSchema)
  const codec = createEventCodec()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-consumer-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  let started = 0
  const owned = resources.move()
  return {
    topics,
    database,
    environment: variables,
    clickhouse,
    produce: async (records) => {
      const outcomes = await producer.produce(records)
      const failed = outcomes.filter(({ status }) => status !== 'acknowledged')
      if (failed.length > 0) throw new Error(`${failed.length} records were not acknowledged`)
    },
    produceTo: (topic, { key, value }) => operator.produce(topic, [{ partition: 0, key, value }]),
    addPartitions: (topic, count) => operator.addPartitions(topic, count),
    record: (index, change = {}) => {
      const event = sampleEvent(index, change)
      return {
        topic: topics.tracked,
        partition: partitionOf(event.group_id, PARTITIONS),
        key: Buffer.from(event.group_id),
        value: codec.encode(event, schemaId),
      }
    },
    setUp: runSetup,
    commit: async (offset) => {
      await using member = createConsumer({
        kafka: kafkaConfigFrom(config),
        consumerGroup: variables.KAFKA_CONSUMER_GROUP,
        topics: [topics.tracked],
        budget: createMemoryBudget(1_000_000),
        onOutOfRange: 'halt',
        log,
      })
      await eventually(async () => {
        const wait = { maxWaitMs: 1_000, signal: new AbortController().signal }
        const event = await member.fetch(wait)
        if (event.kind !== 'assigned') throw new Error(`not assigned yet: ${event.kind}`)
        if (!(await member.commit(event.epoch, [offset]))) throw new Error('not committed')
      })
    },
    startConsumer: async (more = {}) =>
      owned.use(
        await spawnConsumer(join(folder, `consumer-${++started}.log`), {
          ...variables,
          ...FAST,
          ...more,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Event number `index`; 50 accounts, two months, everything derived from the number. */
export function sampleEvent(index: number, change: Partial<TrackedEvent> = {}): TrackedEvent {
  return {
    ...BLANK_EVENT,
    event_id: `event-${index}`,
    event: index % 3 === 0 ? 'feature_used' : 'page_viewed',
    group_id: `account_${index % 50}`,
    user_id: index % 7 === 0 ? null : `user_${index % 200}`,
    anonymous_id: index % 7 === 0 ? `anonymous_${index}` : null,
    timestamp: Date.UTC(2026, index % 2, 10) + index * 1_000,
    sent_at: index % 5 === 0 ? null : Date.UTC(2026, 2, 1) + index,
    received_at: Date.UTC(2026, 2, 1) + index,
    properties: JSON.stringify({
      number: index,
      email: `user_${index}@example.com`,
      text: 'é\n\n"',
    }),
    context: JSON.stringify({ group_id: `account_${index % 50}` }),
    source: 'test',
    ...change,
  }
}

const ENTRY = fileURLToPath(new URL('../../services/consumer/src/main.ts', import.meta.url))

export async function spawnConsumer(
  logFile: string,
  environment: Readonly<Record<string, string>>,
): Promise<ConsumerProcess> {
  const port = await freePort()
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...fromOurs(), NODE_ENV: 'test', ...environment, OPS_PORT: String(port) },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const exit = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null, // as documented for 'exit'
    signal: signal as NodeJS.Signals | null,
  }))
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)
  return {
    exit,
    kill: (signal) => void child.kill(signal),
    readiness: async () => {
      const response = await get('/health/ready')
      const { reasons } = (await response.json()) as { reasons: readonly string[] } // its own page
      return { isReady: response.ok, reasons }
    },
    metric: async (name) => {
      const text = await (await get('/metrics')).text()
      const lines = text.split('\n').filter((line) => /^\S+ /.test(line) && line.startsWith(name))
      return lines
        .filter((line) => /^[{ ]/.test(line.slice(name.length)))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
    log: () => readFileSync(logFile, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}

export interface Counts {
  /** Rows in the table as they lie there. */
  readonly physical: number
  /** Kafka records among them: less than `physical` when one was inserted twice. */
  readonly offsets: number
  /** Events among them, by identity. */
  readonly events: number
  /** Events as analysts see them. */
  readonly tracked: number
}

export async function counts(world: World): Promise<Counts> {
  const [row] = await world.clickhouse.query<Readonly<Record<keyof Counts, string>>>(
    `SELECT count() AS physical,
            uniqExact(kafka_partition, version) AS offsets,
            uniqExact(group_id, event, timestamp, event_id) AS events,
            (SELECT count() FROM tracked) AS tracked
     FROM events`,
  )
  return {
    physical: Number(row?.physical),
    offsets: Number(row?.offsets),
    events: Number(row?.events),
    tracked: Number(row?.tracked),
  }
}
