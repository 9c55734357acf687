import { setTimeout as delay } from 'node:timers/promises'
import { registerLogs, type ClickHouse, type OpenShard } from '@custom-events/clickhouse'
import { inOrderOf } from '@custom-events/consumer'
import { createKeepKeys, produceSealed, SEAL_KEYS } from '@custom-events/ingest'
import {
  consumerGroupName,
  createGenerationProducer,
  createProducer,
  erasedTopic,
  followGenerations,
  kafkaConfigFrom,
  onPromisedTopics,
  partitionCounts,
  readKafkaLogs,
  readShardOffsets,
  sideTopicPartitions,
  topicNames,
  watchTopicPromises,
  type Producer,
} from '@custom-events/kafka'
import { openOwnShards } from '../shards/open.ts'
import { fix, NotReady, step, type Fix } from '../step.ts'
import { waitUntilCaughtUp } from './caught-up.ts'
import type { ReplayConfig } from './config.ts'
import { openSources } from './open-source.ts'
import type { Filter, Source } from './sources/judged.ts'
import { newestInShards } from './sources/newest.ts'
import { sourceOfShards } from './sources/of-shards.ts'

/** The servers of a replay, open and answering. */
export interface OpenReplay {
  readonly source: Source
  readonly producer: Pick<Producer, 'produce'>
  readonly caughtUp: () => Promise<void>
  /** Has the table `audit`: of several shards the first. */
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
  const shards = await openOwnShards(config, resources)
  for (const { clickhouse } of shards) {
    await step('asking ClickHouse', fix.tables(config), () =>
      clickhouse.query('SELECT resolution FROM rejected_events LIMIT 0'),
    )
  }
  const { erasures, generations, tell } = followGenerations({
    kafka,
    topic: erasedTopic(config.KAFKA_TOPIC),
    tracked: topics.tracked,
    partitions: config.KAFKA_PARTITIONS,
    leaseMs: options.config.placeLeaseMs,
    shards: shards.length,
    log,
  })
  resources.use(erasures)
  const partitionCountByTopic = partitionCounts(topics, config.KAFKA_PARTITIONS, shards.length)
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
  const read = [...tracked, rejected, deadLetters, keys]
  const found = await step('asking Kafka for its logs', fix.kafka(config), () =>
    readKafkaLogs({ kafka, topics: read, log }),
  )
  const { place } = generations
  const sourceOf = await openSources(options.config, {
    filter,
    erased: erasures.ids,
    tracked,
    place,
  })
  const openOne = async ({ shard, clickhouse }: OpenShard): Promise<Source> => {
    const logs = await step('looking up the logs of the topics', fix.tables(config), () =>
      registerLogs(clickhouse, inOrderOf(read, found), 'replay'),
    )
    return sourceOf({ clickhouse, newestCopies: newestInShards(shards, shard), logs })
  }
  const [firstShard, ...otherShards] = shards
  const sources: [Source, ...Source[]] = [await openOne(firstShard)]
  for (const each of otherShards) sources.push(await openOne(each))
  const consumerGroup = consumerGroupName(config.KAFKA_CONSUMER_GROUP, config.KAFKA_TOPIC)
  const readOffsets = () =>
    step('asking how far the consumers are', fix.kafka(config), () =>
      readShardOffsets({ kafka, consumerGroup, shards: shards.length, topics: tracked, log }),
    )
  return {
    source: sourceOfShards(sources),
    producer: produceSealed(producer, {
      keepKeys: createKeepKeys({
        producer,
        topic: topics.keys,
        partitionCount: sideTopicPartitions(shards.length),
      }),
      keysWithinMs: SEAL_KEYS.keptWithinMs,
    }),
    clickhouse: firstShard.clickhouse,
    fix: fix.tables(config),
    // Nothing is compared when an older copy may win anyway.
    caughtUp: async () => {
      if (generations.all.length > tracked.length)
        throw new Error('the topic grows: replay again what is left')
      if (!filter.isForced) await waitUntilCaughtUp({ readOffsets, consumerGroup, stop })
    },
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
