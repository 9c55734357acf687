import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createClickHouse,
  readLogs,
  registerLogs,
  type ClickHouse,
  type RegisteredLog,
} from '@custom-events/clickhouse'
import {
  createEventCodec,
  createRejectedCodec,
  eventAvroSchema,
  rejectedAvroSchema,
} from '@custom-events/codec'
import { inOrderOf } from '@custom-events/consumer'
import { compilePlans, createPlanSet, type ErasedIds } from '@custom-events/event'
import {
  createKeepKeys,
  createSealer,
  createSealKeys,
  encode,
  parseWriteKeys,
  produceSealed,
  SEAL_KEYS,
  type WriteKey,
} from '@custom-events/ingest'
import {
  consumerGroupName,
  createGenerationProducer,
  createProducer,
  createSchemaRegistry,
  erasedTopic,
  followGenerations,
  kafkaConfigFrom,
  onPromisedTopics,
  partitionCounts,
  readGroupOffsets,
  readKafkaLogs,
  SIDE_TOPIC_PARTITIONS,
  topicNames,
  registryConfigFrom,
  watchTopicPromises,
  type Generations,
  type Producer,
} from '@custom-events/kafka'
import { readPlanFiles } from '@custom-events/runtime'
import { fix, NotReady, step, type Fix } from '../step.ts'
import { waitUntilCaughtUp } from './caught-up.ts'
import type { ReplayConfig } from './config.ts'
import { deadLetterSource } from './sources/dead-letters.ts'
import type { Filter, Source } from './sources/judged.ts'
import { newestCopies } from './sources/newest.ts'
import { rejectedSource } from './sources/rejected.ts'
import { readRejectedEvents } from './sources/rejected-rows.ts'
import { replayTargets } from './sources/targets.ts'

/** The servers of a replay, open and answering. */
export interface OpenReplay {
  readonly source: Source
  readonly producer: Pick<Producer, 'produce'>
  readonly caughtUp: () => Promise<void>
  /** Has the table `audit`. */
  readonly clickhouse: ClickHouse
  /** What to do when it refuses. */
  readonly fix: Fix
}

/**
 * Opens everything before anything is said or done.
 * @throws {StepError} naming the server that cannot be used.
 */
export async function openReplay(options: {
  readonly config: ReplayConfig
  readonly filter: Filter
  readonly resources: AsyncDisposableStack
  readonly stop: AbortSignal
}): Promise<OpenReplay> {
  const { filter, resources, stop } = options
  const { config, log } = options.config
  const topics = topicNames(config.KAFKA_TOPIC)
  const kafka = kafkaConfigFrom(config)
  const clickhouse = resources.use(createClickHouse(config))
  await step('asking ClickHouse', fix.tables(config), () =>
    clickhouse.query('SELECT resolution FROM rejected_events LIMIT 0'),
  )
  const { erasures, generations, tell } = followGenerations({
    kafka,
    topic: erasedTopic(config.KAFKA_TOPIC),
    tracked: topics.tracked,
    partitions: config.KAFKA_PARTITIONS,
    leaseMs: options.config.placeLeaseMs,
    log,
  })
  resources.use(erasures)
  const partitionCountByTopic = partitionCounts(topics, config.KAFKA_PARTITIONS)
  const open = (counts: Readonly<Record<string, number>>, placed: string): Producer => {
    const promised = { kafka, partitionCountByTopic: counts, log }
    return onPromisedTopics(createProducer(promised), watchTopicPromises({ ...promised, placed }))
  }
  const first = resources.use(open(partitionCountByTopic, topics.tracked))
  await step('connecting to Kafka', fix.kafka(config), () => untilReady(first, stop))
  await step('reading who is erased', fix.kafka(config), () => untilReady(erasures, stop))
  const producer = resources.use(
    createGenerationProducer({
      generations,
      first,
      open: ({ topic, partitions }) => open({ [topic]: partitions }, topic),
    }),
  )
  tell(() => producer.follow())
  producer.follow()
  await step('connecting to the topic of events', fix.kafka(config), () =>
    untilReady(producer, stop),
  )
  const { rejected, deadLetters, keys } = topics
  const tracked = generations.all.map(({ topic }) => topic)
  const logs = await step('looking up the logs of the topics', fix.tables(config), async () => {
    const read = [...tracked, rejected, deadLetters, keys]
    const found = await step('asking Kafka for its logs', fix.kafka(config), () =>
      readKafkaLogs({ kafka, topics: read, log }),
    )
    return registerLogs(clickhouse, inOrderOf(read, found), 'replay')
  })
  const { place } = generations
  const erased = erasures.ids
  const source = await openSource(options.config, {
    clickhouse,
    filter,
    erased,
    logs,
    tracked,
    place,
  })
  const consumerGroup = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  const readOffsets = () =>
    step('asking how far the consumers are', fix.kafka(config), () =>
      readGroupOffsets({ kafka, consumerGroup, topics: tracked, log }),
    )
  return {
    source,
    producer: produceSealed(producer, {
      keepKeys: createKeepKeys({
        producer,
        topic: topics.keys,
        partitionCount: SIDE_TOPIC_PARTITIONS,
      }),
      keysWithinMs: SEAL_KEYS.keptWithinMs,
    }),
    clickhouse,
    fix: fix.tables(config),
    // Nothing is compared when an older copy may win anyway.
    caughtUp: async () => {
      if (generations.all.length > tracked.length)
        throw new Error('the topic grows: replay again what is left')
      if (!filter.isForced) await waitUntilCaughtUp({ readOffsets, consumerGroup, stop })
    },
  }
}

async function openSource(
  { config, ingest }: ReplayConfig,
  {
    clickhouse,
    filter,
    erased,
    logs,
    tracked,
    place,
  }: {
    readonly clickhouse: ClickHouse
    readonly filter: Filter
    readonly erased: ErasedIds
    /** Of the topics. */
    readonly logs: readonly RegisteredLog[]
    /** Every generation of the topic of accepted events. */
    readonly tracked: readonly string[]
    readonly place: Generations['place']
  },
): Promise<Source> {
  const notesOn = (topic: string) => ({
    generation: logs.find((each) => each.topic === topic)?.generation ?? 0,
    partitions: SIDE_TOPIC_PARTITIONS,
  })
  const topics = topicNames(config.KAFKA_TOPIC)
  const registry = createSchemaRegistry(registryConfigFrom(config))
  const now = Date.now
  const [trackedId, schemaId] = await step('asking the registry', fix.registry(config), () =>
    Promise.all([
      registry.register(`${topics.tracked}-value`, eventAvroSchema),
      registry.register(`${topics.rejected}-value`, rejectedAvroSchema),
    ]),
  )
  if (ingest === null) {
    const generations = tracked
    const targetByTopic = replayTargets({ topics, generations, place, clickhouse, logs, registry })
    const { deadLetters } = topics
    return deadLetterSource({
      clickhouse,
      filter,
      erased,
      deadLetters,
      notes: notesOn(deadLetters),
      logs: await readLogs(clickhouse),
      targetByTopic,
      now,
    })
  }
  const { settings, writeKeysFile, plansDir } = ingest
  const plans = await step(
    'reading tracking plans',
    'correct the files of TRACKING_PLANS_DIR',
    async () => compilePlans(await readPlanFiles(plansDir)),
  )
  const current = createPlanSet(plans, ingest.planRules)
  const encoding = {
    codec: createEventCodec(),
    schemas: { trackedId },
    settings: { place },
    plans: { current },
    // What was rejected before its plan marked anything is sealed like any other.
    sealer: createSealer(createSealKeys({ limits: SEAL_KEYS })),
  }
  return rejectedSource({
    rows: readRejectedEvents(clickhouse, filter),
    isForced: filter.isForced,
    erased,
    rules: settings.rules,
    plans: current,
    keyOf: keysOf(writeKeysFile),
    encode: (judged) => encode(encoding, judged),
    newestCopies: (events) => newestCopies(clickhouse, events),
    topics,
    notes: notesOn(topics.rejected),
    codec: createRejectedCodec(),
    schemaId,
    now,
  })
}

/** What a key may write now counts, not what it might when the event came. */
function keysOf(path: string | null): ((source: string) => WriteKey | null) | null {
  if (path === null) return null
  const keys = parseWriteKeys(readFileSync(path, 'utf8')).filter(({ mayWrite }) => mayWrite)
  return (source) => {
    const named = keys.filter(({ name }) => name === source)
    const [first] = named
    if (first === undefined) return null
    const isBound = named.every(({ groupIds }) => groupIds !== null)
    const groupIds = isBound ? new Set(named.flatMap((key) => [...(key.groupIds ?? [])])) : null
    return { ...first, groupIds }
  }
}

const READY_WITHIN_MS = 15_000

async function untilReady(
  producer: Pick<Producer, 'notReadyReason'>,
  stop: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (producer.notReadyReason !== null) {
    if (stop.aborted || performance.now() > deadline) throw new NotReady(producer.notReadyReason)
    await delay(50, null, { signal: stop }).catch(() => {})
  }
}
