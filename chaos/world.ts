import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { freePort, startStack, type Stack } from '@custom-events/embedded'
import { createProducer, kafkaConfigFrom, partitionCounts, topicNames } from '@custom-events/kafka'
import type { Producer, TopicNames } from '@custom-events/kafka'
import { createLogger } from '@custom-events/service'
import { startFaultProxy, type FaultProxy } from './proxy.ts'
import { createQuestions, type Questions } from './questions.ts'
import { createRandom } from './random.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

export const CONSUMER_GROUP = 'custom-events.clickhouse'
export const CONSUMERS = 2

/** The connections that can be hurt, each through a proxy of its own. */
export interface Links {
  /** Consumers ⇄ ClickHouse. */
  readonly insert: FaultProxy
  /** Ingest ⇄ Kafka. */
  readonly produce: FaultProxy
  /** Consumers ⇄ Kafka. */
  readonly fetch: FaultProxy
}

/** The pipeline under test: real servers, our services as real processes, and everything that can hurt them. */
export interface World extends AsyncDisposable {
  readonly stack: Stack
  readonly links: Links
  readonly supervisor: Supervisor
  readonly topics: TopicNames
  readonly partitions: number
  /** Asks past the proxy. */
  readonly questions: Questions
  /** Writes poison straight to Kafka. */
  readonly producer: Producer
  readonly ingestUrl: string
  startConsumer(name: string, environment?: Readonly<Record<string, string>>): Promise<void>
  readonly logDir: string
}

export async function startWorld(options: {
  readonly seed: number
  readonly folder: string
  readonly onProgress: (line: string) => void
}): Promise<World> {
  await using resources = new AsyncDisposableStack()
  const logDir = join(options.folder, 'logs')
  mkdirSync(logDir, { recursive: true })
  const targets = { insert: 0, produce: await freePort(), fetch: await freePort() }
  const link = async (name: keyof Links): Promise<FaultProxy> => {
    const random = createRandom(options.seed, `${name} link`)
    return resources.use(await startFaultProxy({ port: () => targets[name], random }))
  }
  const links: Links = {
    insert: await link('insert'),
    produce: await link('produce'),
    fetch: await link('fetch'),
  }
  const stack = resources.use(
    await startStack({
      dataDir: options.folder,
      onProgress: options.onProgress,
      kafkaListeners: [
        { name: 'INGEST', port: targets.produce, advertisedPort: links.produce.port },
        { name: 'CONSUMER', port: targets.fetch, advertisedPort: links.fetch.port },
      ],
    }),
  )
  targets.insert = Number(new URL(stack.clickhouse.url).port)
  const { config } = readSetupConfig({ ...stack.environment, LOG_LEVEL: 'error' })
  const log = createLogger({ service: 'chaos', level: 'silent' })
  await setUp(config, log, () => {})
  const topics = topicNames(config.KAFKA_TOPIC)
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
        ...stack.environment,
        CLICKHOUSE_URL: `http://127.0.0.1:${links.insert.port}`,
        NODE_ENV: 'test', // failpoints are inert otherwise
        LOG_LEVEL: 'info',
      },
    }),
  )
  const port = await freePort()
  const startConsumer = (name: string, environment: Readonly<Record<string, string>> = {}) =>
    supervisor.start({
      name,
      entry: 'services/consumer/src/main.ts',
      environment: {
        KAFKA_BROKERS: `127.0.0.1:${links.fetch.port}`,
        KAFKA_CONSUMER_GROUP: CONSUMER_GROUP,
        // The least that Kafka allows: a killed member's partitions wait for so long.
        KAFKA_SESSION_TIMEOUT_MS: '6000',
        POISON_UNKNOWN_SCHEMA: 'dead_letter', // the poison is known to be nobody's event
        BATCH_MAX_AGE_MS: '500',
        ...environment,
      },
    })
  await supervisor.start({
    name: 'ingest',
    entry: 'services/ingest/src/main.ts',
    environment: {
      KAFKA_BROKERS: `127.0.0.1:${links.produce.port}`,
      HTTP_HOST: '127.0.0.1',
      PORT: String(port),
      AUTH_MODE: 'off',
    },
  })
  for (let n = 1; n <= CONSUMERS; n++) await startConsumer(`consumer-${n}`)
  for (const name of supervisor.names()) {
    if (await supervisor.becomesReady(name, 30_000)) continue
    throw new Error(`${name} did not become ready within 30 s; its log is in ${logDir}`)
  }
  const owned = resources.move()
  return {
    stack,
    links,
    supervisor,
    topics,
    partitions: config.KAFKA_PARTITIONS,
    questions: createQuestions({ config, topics, log }),
    producer,
    ingestUrl: `http://127.0.0.1:${port}`,
    startConsumer,
    logDir,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
