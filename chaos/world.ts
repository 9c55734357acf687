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
import type { Secure } from './secure.ts'
import { DEFAULT_NAME, startServers, type Links, type Servers } from './servers.ts'
import { allShards, nameAt, shardIn } from './shard-names.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { addRefusal } from './refused.ts'
import { runSetup, type Release } from './upgrade/release.ts'

/** Of each shard. */
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
  /** How many ClickHouses events are spread over. */
  readonly shards: number
  /** Asks past the proxy. */
  readonly questions: Questions
  /** Writes poison straight to Kafka. */
  readonly producer: Producer
  /** By the name under which it is kept running. */
  readonly ingestUrls: ReadonlyMap<string, string>
  /** @param name says which shard it serves, see `nameAt` */
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
  /** How many ClickHouses events are spread over. @default 1 */
  readonly shards?: number
  /** Gives every server a disk that can be filled. @default false */
  readonly withDisks?: boolean
  /** @default plain */
  readonly secure?: Secure | undefined
  /** The checkout whose setup and services these are. @default this one */
  readonly release?: Release
  /** @default one, by the name of `ingest` */
  readonly ingests?: readonly string[]
  /** More variables of the first consumers. */
  readonly consumerEnvironment?: Readonly<Record<string, string>>
  /** Servers to share with other worlds, which then have other names. @default servers of its own */
  readonly servers?: Servers
  /** Of its topics, its database and its consumer group. */
  readonly name?: string
  /** Of each shard. @default 2 */
  readonly consumers?: number
  /** For how long a consumer may go on without knowing who is erased. @default its own */
  readonly erasuresMaxAgeMs?: number
}

export async function startWorld(options: WorldOptions): Promise<World> {
  await using resources = new AsyncDisposableStack()
  const { name = DEFAULT_NAME, release } = options
  const logDir = join(options.folder, 'logs')
  mkdirSync(logDir, { recursive: true })
  const servers = options.servers ?? resources.use(await startServers(options))
  const { stack, links, disks, ways } = servers
  const shards = stack.shards.length
  const consumerGroup = `${name}.clickhouse`
  const names = { KAFKA_TOPIC: `${name}.tracked`, CLICKHOUSE_DATABASE: name }
  const environment = { ...stack.environment, ...names, ...ways.commands }
  const log = createLogger({ service: 'chaos', level: 'silent' })
  await patiently(
    () =>
      release === undefined
        ? setUp(readSetupConfig({ ...environment, LOG_LEVEL: 'error' }).config, log, () => {})
        : runSetup(release, environment),
    SETUPS,
  )
  // What the harness itself asks takes the plain ways.
  const { config } = readSetupConfig({ ...stack.environment, ...names, LOG_LEVEL: 'error' })
  const topics = topicNames(config.KAFKA_TOPIC)
  const questions = createQuestions({ config, topics, log })
  await addRefusal((sql) => questions.command(sql))
  const producer = resources.use(
    createProducer({
      kafka: kafkaConfigFrom(config),
      partitionCountByTopic: partitionCounts(topics, config.KAFKA_PARTITIONS, shards),
      log,
    }),
  )
  const supervisor = resources.use(
    createSupervisor({
      logDir,
      environment: {
        ...stack.environment,
        ...names,
        NODE_ENV: 'test', // failpoints are inert otherwise
        LOG_LEVEL: 'info',
      },
    }),
  )
  const clocks = createClocks(logDir)
  const ofRelease = release === undefined ? {} : { repository: release.folder }
  const startConsumer = (
    consumer: string,
    more: Readonly<Record<string, string>> = {},
    of?: Release,
  ) =>
    supervisor.start({
      name: consumer,
      ...(of === undefined ? {} : { repository: of.folder }),
      entry: 'services/consumer/src/main.ts',
      environment: {
        ...ways.consumer,
        KAFKA_CONSUMER_GROUP: consumerGroup,
        ...(shards === 1 ? {} : { CLICKHOUSE_SHARD: String(shardIn(consumer)) }),
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
  const ingestUrls = new Map<string, string>()
  for (const ingest of options.ingests ?? ['ingest']) {
    const port = await freePort()
    ingestUrls.set(ingest, `http://127.0.0.1:${port}`)
    await supervisor.start({
      name: ingest,
      entry: 'services/ingest/src/main.ts',
      ...ofRelease,
      environment: {
        ...ways.ingest,
        HTTP_HOST: '127.0.0.1',
        PORT: String(port),
        AUTH_MODE: 'off',
        ...clocks.environment(ingest),
      },
    })
  }
  for (let n = 1; n <= (options.consumers ?? CONSUMERS); n++) {
    for (const shard of allShards(shards)) {
      const consumer = nameAt(`consumer-${n}`, shard, shards)
      await startConsumer(consumer, options.consumerEnvironment, release)
    }
  }
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
    shards,
    questions,
    producer,
    ingestUrls,
    startConsumer,
    logDir,
    folder: options.folder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
