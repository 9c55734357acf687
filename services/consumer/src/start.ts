import { setTimeout as delay } from 'node:timers/promises'
import { createClickHouse, keysDatabase } from '@custom-events/clickhouse'
import { eventAvroSchema, rejectedAvroSchema } from '@custom-events/codec'
import {
  createMemoryBudget,
  createProducer,
  createSchemaRegistry,
  erasedTopic,
  followGenerations,
  sideTopicPartitions,
  registryConfigFrom,
  topicNames,
  watchTopicPromises,
  type Consumer,
} from '@custom-events/kafka'
import { startOpsServer, type Logger } from '@custom-events/runtime'
import type { ConsumerSettings } from './config.ts'
import { consume } from './consume.ts'
import { openCompleteness, openRollupWatch } from './complete/open.ts'
import { systemClock } from './batch/deadline.ts'
import { knowErased } from './erased/known-erased.ts'
import { withFailpoint } from './failpoint.ts'
import { createConfiguredLimits } from './batch/closing.ts'
import { createConfirmLog, learnLogs } from './assignment/logs.ts'
import { createConfirmShard, untilItIsOurs } from './assignment/shard.ts'
import { createConsumerMetrics } from './metrics.ts'
import { createObservers, type Observers } from './observe.ts'
import { createRetryLoop } from './insert/retry-loop.ts'
import { inOrderOf, routesRead, topicsRead } from './read/generations-read.ts'
import { knownOnce, openMember } from './read/open-member.ts'
import { avroRoute, deadLetterRoute, type AvroTable } from './read/route.ts'
import { sealKeyRoute } from './read/seal-key-route.ts'
import { createSetAside } from './dead-letter/set-aside.ts'
import { createHoldBack } from './dead-letter/hold-back.ts'
import { settle } from './insert/settle.ts'
import { createPoisonWindow } from './dead-letter/poison.ts'
import { createStatus } from './status.ts'
import { createTell } from './tell.ts'

/** A batch is closed after the fetch that fills it; of one partition it brings fewer, however small they are. */
const LARGEST_FETCH_RECORDS = 100_000

const DRAINING = { isReady: false, reasons: ['draining'] }

/** Opens everything in order and registers it; what is registered last is closed first. */
export async function startConsumer(options: {
  readonly settings: ConsumerSettings
  readonly log: Logger
  readonly resources: AsyncDisposableStack
}): Promise<void> {
  const { settings, log, resources } = options
  const { config, kafka, shard } = settings
  const metrics = createConsumerMetrics()
  const isOneOfMany = shard.shards > 1
  const status = createStatus(
    log,
    metrics,
    isOneOfMany ? `shard ${shard.shard} of ${shard.shards}: ` : '',
  )
  metrics.shard.set({ shard: String(shard.shard), shards: String(shard.shards) }, shard.shards)
  const tell = createTell(log, metrics)
  const budget = createMemoryBudget(config.MEMORY_BUDGET_BYTES)
  const limits = createConfiguredLimits(config)
  const topics = topicNames(config.KAFKA_TOPIC)
  const shutdown = new AbortController()
  let observers: Observers | null = null
  let reading: Pick<Consumer, 'notReadyReason' | 'troubles'> = {
    notReadyReason: 'starting',
    troubles: [],
  }

  // Closed last, so that /health/ready tells to the end that the service drains.
  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    readiness: () => (shutdown.signal.aborted ? DRAINING : status.readiness(reading)),
    expose: () => (observers ?? metrics).expose(),
  })
  resources.use(ops)

  const {
    erasures,
    generations,
    tell: tellOfGenerations,
  } = followGenerations({
    kafka,
    topic: erasedTopic(config.KAFKA_TOPIC),
    tracked: topics.tracked,
    partitions: config.KAFKA_PARTITIONS,
    leaseMs: settings.placeLeaseMs,
    shards: shard.shards,
    log,
  })
  resources.use(erasures)
  const clickhouseClient = resources.use(createClickHouse(config))
  const keysClickhouse = resources.use(
    createClickHouse({
      ...config,
      CLICKHOUSE_DATABASE: keysDatabase(config.CLICKHOUSE_DATABASE),
    }),
  )
  const deadLetterProducer = resources.use(
    createProducer({
      kafka,
      partitionCountByTopic: { [topics.deadLetters]: sideTopicPartitions(shard.shards) },
      // What Kafka says of each dead letter decides, not what it says of the topic.
      sideTopics: [topics.deadLetters],
      log,
    }),
  )
  await knownOnce(erasures)
  const member = openMember({ settings, budget, log }, topicsRead(topics, generations.all))
  tellOfGenerations(() => member.readTopics(topicsRead(topics, generations.all)))
  resources.use(member)
  const { clickhouse, consumer, producer } = withFailpoint(
    { clickhouse: clickhouseClient, consumer: member, producer: deadLetterProducer },
    settings.failpoint,
  )
  const promises = watchTopicPromises({
    kafka,
    // Read whatever there are; only who places accounts is bound to a number.
    partitionCountByTopic: Object.fromEntries(Object.values(topics).map((topic) => [topic, 1])),
    log,
  })
  resources.use(promises)
  reading = {
    /** Known before the first record has to be set aside. */
    get notReadyReason() {
      const trouble = deadLetterProducer.troubles.find(({ isPermanent }) => isPermanent)
      return (
        consumer.notReadyReason ??
        erasures.notReadyReason ??
        erasures.announcements.problem ??
        trouble?.text ??
        promises.notReadyReason
      )
    },
    get troubles() {
      return consumer.troubles
    },
  }
  const completeness = openCompleteness({ settings, metrics, log, resources }, generations)
  openRollupWatch({ settings, metrics, log, resources })
  observers = createObservers({ metrics, shard, budget, consumer, completeness, erasures, log })
  const { insert: observe } = observers
  const registry = createSchemaRegistry(registryConfigFrom(config))
  const onUnknownSchema = config.POISON_UNKNOWN_SCHEMA
  const target = { topic: topics.deadLetters, partitions: sideTopicPartitions(shard.shards) }
  const care = (topic: string, table: AvroTable) => ({
    topic,
    table,
    registry,
    poison: createPoisonWindow({
      allowed: config.POISON_SET_ASIDE_UP_TO,
      onAllowed: tell.allowed(table),
    }),
    onMoved: tell.schemaMoved(topic),
  })

  const confirm = createConfirmLog({
    clickhouse,
    now: systemClock.now,
    onOther: (learnt, generation) => {
      tell.otherGeneration(learnt, generation)
      consumer.rejoin()
    },
  })
  const ofShard = { clickhouse, named: { ...shard, url: config.CLICKHOUSE_URL } }
  const confirmShard = createConfirmShard(ofShard, {
    now: systemClock.now,
    onOther: (problem) => {
      tell.otherShard(problem)
      consumer.rejoin()
    },
  })
  const routes = routesRead(
    [
      avroRoute({
        ...care(topics.rejected, 'rejected_events'),
        readerSchema: rejectedAvroSchema,
      }),
      deadLetterRoute(topics.deadLetters),
      sealKeyRoute({ topic: topics.keys, clickhouse: keysClickhouse }),
    ],
    (topic) => avroRoute({ ...care(topic, 'events'), readerSchema: eventAvroSchema }),
  )
  const running = consume(
    {
      consumer,
      routes: () => routes(generations.all),
      learnLogs: async (logs, stop) => {
        const retryLoop = createRetryLoop({ stop, status, sleep })
        await untilItIsOurs(ofShard, { retryLoop, stop }) // it is written into from here on
        const { all } = generations
        return learnLogs(
          { clickhouse, retryLoop, stop, learnAnew: () => consumer.rejoin() },
          inOrderOf(topicsRead(topics, all), logs),
          all.map(({ topic }) => topic),
        )
      },
      limits,
      inDoubtOffsets: 2 * config.BATCH_MAX_ROWS + LARGEST_FETCH_RECORDS,
      budget,
      status,
      shutdownWithinMs: config.SHUTDOWN_TIMEOUT_MS,
      settle: ({ route, batch, inDoubt, stop, abandon }) => {
        const retryLoop = createRetryLoop({ stop, status, sleep })
        const isOfKeys = route.table === 'seal_keys'
        const setAside = isOfKeys
          ? createHoldBack(retryLoop)
          : createSetAside({
              producer,
              target,
              retryLoop,
              whyNotReady: () => deadLetterProducer.notReadyReason,
              onShortened: tell.shortened,
            })
        return settle(
          {
            clickhouse: isOfKeys ? keysClickhouse : clickhouse,
            confirm: async (registered, isAnew) => {
              const how = { stop, isAnew }
              await Promise.all([confirmShard(how), confirm(registered, how)])
            },
            erased: () => knowErased({ erasures, retryLoop, maxAgeMs: config.ERASURES_MAX_AGE_MS }),
            setAside,
            retryLoop,
            budget,
            observe,
            onTooManyParts: limits.tooManyParts,
            abandon,
            onUnknownSchema,
          },
          { route, records: batch.records, encoded: batch.encoded, inDoubt },
        )
      },
      observe: observers.consume,
      clock: systemClock,
    },
    shutdown.signal,
  )
  resources.defer(async () => {
    shutdown.abort()
    await running
  })
  log.info({ opsPort: ops.port, topics }, 'consumer is running')
}

/** Resolves early when aborted. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}
