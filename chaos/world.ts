import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { freePort, type Stack } from '@custom-events/embedded'
import {
  createProducer,
  kafkaConfigFrom,
  partitionCounts,
  topicNames,
  type Producer,
  type TopicNames,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createClocks, type Clocks } from './clock.ts'
import type { Disk } from './disk.ts'
import { patiently } from './patiently.ts'
import { createQuestions, type Questions } from './questions.ts'
import { startServers, type Links, type Servers } from './servers.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { addRefusal } from './refused.ts'

export const CONSUMERS = 2
/** Less than an operator's: the erasure is done before the run is over. */
export const ERASURES_MAX_AGE_MS = 5_000
/** On a machine that is busy with other things. */
const SETUPS = 5
const READY_WITHIN_MS = 90_000

/** The pipeline under test: real servers, our services as real processes, and everything that can hurt them. */
export interface World extends AsyncDisposable {
  readonly stack: Stack
  readonly links: Links
  /** Disks that can be filled, by server. */
  readonly disks: ReadonlyMap<string, Disk>
  readonly clocks: Clocks
  readonly supervisor: Supervisor
  readonly topics: TopicNames
  readonly consumerGroup: string
  /** Of commands, past the proxies. */
  readonly environment: Readonly<Record<string, string>>
  readonly partitions: number
  /** Asks past the proxy. */
  readonly questions: Questions
  /** Writes poison straight to Kafka. */
  readonly producer: Producer
  readonly ingestUrl: string
  startConsumer(name: string, environment?: Readonly<Record<string, string>>): Promise<void>
  readonly logDir: string
  /** Where the servers keep their data, each in a folder of its name. */
  readonly folder: string
}

export interface WorldOptions {
  readonly seed: number
  readonly folder: string
  readonly onProgress: (line: string) => void
  /** Of Kafka. */
  readonly brokers: number
  /** Gives every server a disk that can be filled. @default false */
  readonly withDisks?: boolean
  /** Servers to share with other worlds, which then have other names. @default servers of its own */
  readonly servers?: Servers
  /** Of its topics, its database and its consumer group. */
  readonly name?: string
  /** @default 2 */
  readonly consumers?: number
  /** For how long a consumer may go on without knowing who is erased. @default its own */
  readonly erasuresMaxAgeMs?: number
}

export async function startWorld(options: WorldOptions): Promise<World> {
  await using resources = new AsyncDisposableStack()
  const { name = 'custom_events' } = options
  const logDir = join(options.folder, 'logs')
  mkdirSync(logDir, { recursive: true })
  const servers = options.servers ?? resources.use(await startServers(options))
  const { stack, links, disks, brokersOf } = servers
  const consumerGroup = `${name}.clickhouse`
  const environment = {
    ...stack.environment,
    KAFKA_TOPIC: `${name}.tracked`,
    CLICKHOUSE_DATABASE: name,
  }
  const { config } = readSetupConfig({ ...environment, LOG_LEVEL: 'error' })
  const log = createLogger({ service: 'chaos', level: 'silent' })
  await patiently(() => setUp(config, log, () => {}), SETUPS)
  const topics = topicNames(config.KAFKA_TOPIC)
  const questions = createQuestions({ config, topics, log })
  await addRefusal((sql) => questions.command(sql))
  const producer = resources.use(
    createProducer({
      kafka: kafkaConfigFrom(config),
      partitionCountByTopic: partitionCounts(topics, config.KAFKA_PARTITIONS),
      log,
    }),
  )
  const supervisor = resources.use(
    createSupervisor({
      logDir,
      environment: {
        ...environment,
        CLICKHOUSE_URL: `http://127.0.0.1:${links.insert.ports[0]}`,
        NODE_ENV: 'test', // failpoints are inert otherwise
        LOG_LEVEL: 'info',
      },
    }),
  )
  const clocks = createClocks(logDir)
  const port = await freePort()
  const startConsumer = (consumer: string, more: Readonly<Record<string, string>> = {}) =>
    supervisor.start({
      name: consumer,
      entry: 'services/consumer/src/main.ts',
      environment: {
        KAFKA_BROKERS: brokersOf.consumer,
        KAFKA_CONSUMER_GROUP: consumerGroup,
        // The least that Kafka allows: a killed member's partitions wait for so long.
        KAFKA_SESSION_TIMEOUT_MS: '6000',
        KAFKA_GROUP_INSTANCE_ID: consumer,
        POISON_UNKNOWN_SCHEMA: 'dead_letter', // the poison is known to be nobody's event
        BATCH_MAX_AGE_MS: '500',
        ...(options.erasuresMaxAgeMs === undefined
          ? {}
          : { ERASURES_MAX_AGE_MS: String(options.erasuresMaxAgeMs) }),
        ...clocks.environment(consumer),
        ...more,
      },
    })
  await supervisor.start({
    name: 'ingest',
    entry: 'services/ingest/src/main.ts',
    environment: {
      KAFKA_BROKERS: brokersOf.ingest,
      HTTP_HOST: '127.0.0.1',
      PORT: String(port),
      AUTH_MODE: 'off',
      ...clocks.environment('ingest'),
    },
  })
  for (let n = 1; n <= (options.consumers ?? CONSUMERS); n++) await startConsumer(`consumer-${n}`)
  for (const each of supervisor.names()) {
    if (await supervisor.becomesReady(each, READY_WITHIN_MS)) continue
    throw new Error(`${each} did not become ready in time; its log is in ${logDir}`)
  }
  const owned = resources.move()
  return {
    stack,
    links,
    disks,
    clocks,
    supervisor,
    topics,
    consumerGroup,
    environment,
    partitions: config.KAFKA_PARTITIONS,
    questions,
    producer,
    ingestUrl: `http://127.0.0.1:${port}`,
    startConsumer,
    logDir,
    folder: options.folder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
