import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin as KafkaJsAdmin, type Kafka } from 'kafkajs'
import type { Logger } from '@custom-events/service'
import { createKafkaJs } from './client.ts'
import type { KafkaConfig } from './kafka-config.ts'
import type { TopicNames } from './topics.ts'

export interface TopicSettings {
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** How long Kafka keeps records, the time in which a lost ClickHouse can be refilled. */
  readonly retentionMs: number
}

export interface TopicResult {
  readonly topic: string
  readonly partitions: number
  readonly isNew: boolean
}

/**
 * Creates the topics that are missing; an existing one is checked, never changed.
 *
 * @throws when Kafka is not reachable, or an existing topic has fewer partitions than asked for.
 */
export async function createTopics(options: {
  readonly kafka: KafkaConfig
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly settings: TopicSettings
  readonly log: Logger
}): Promise<readonly TopicResult[]> {
  return withAdmin(options.kafka, options.log, async (admin) => {
    const existing = new Set(await admin.listTopics())
    const wanted = Object.entries(options.partitionCountByTopic)
    const missing = wanted.filter(([topic]) => !existing.has(topic))
    if (missing.length > 0) await createMissing(admin, missing, options.settings)
    const topics = await patiently(() =>
      partitionsOf(admin, Object.keys(options.partitionCountByTopic)),
    )
    return topics.map(({ topic, partitions }) => {
      const expected = options.partitionCountByTopic[topic] ?? 0
      if (partitions < expected) throw new TooFewPartitions(topic, partitions, expected)
      return { topic, partitions, isNew: !existing.has(topic) }
    })
  })
}

/**
 * Sets how many in-sync replicas must have a record of the topic before it is acknowledged. With more than
 * there are, Kafka refuses every record of it.
 *
 * @throws when Kafka is not reachable.
 */
export async function demandReplicas(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly minInsyncReplicas: number
  readonly log: Logger
}): Promise<void> {
  const { topic, minInsyncReplicas } = options
  const demand = { name: MIN_INSYNC_REPLICAS, value: String(minInsyncReplicas) }
  await withAdmin(options.kafka, options.log, async (admin) => {
    const others = (await ownSettings(admin, topic)).filter(({ name }) => name !== demand.name)
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...topicResource(topic), configEntries: [...others, demand] }],
    })
  })
}

const MIN_INSYNC_REPLICAS = 'min.insync.replicas'

export function topicResource(name: string) {
  return { type: kafkajs.ConfigResourceTypes.TOPIC, name }
}

/**
 * What is set for the topic itself. AlterConfigs, all that kafkajs has (KIP-339 came after it), sets back to the
 * broker's what it does not name.
 */
export async function ownSettings(
  admin: KafkaJsAdmin,
  topic: string,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const answer = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [topicResource(topic)],
  })
  return answer.resources
    .flatMap((resource) => resource.configEntries)
    .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
}

async function createMissing(
  admin: KafkaJsAdmin,
  missing: readonly (readonly [string, number])[],
  settings: TopicSettings,
): Promise<void> {
  await patiently(() =>
    admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(([topic, numPartitions]) => ({
        topic,
        numPartitions,
        replicationFactor: settings.replicationFactor,
        configEntries: configEntries(settings),
      })),
    }),
  )
}

async function partitionsOf(admin: KafkaJsAdmin, names: readonly string[]) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
  return topics.map(({ name, partitions }) => ({ topic: name, partitions: partitions.length }))
}

/**
 * Makes Kafka create its offsets topic, so that the first consumer does not meet
 * "the group coordinator is not available".
 */
export async function prepareConsumerGroup(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: TopicNames
  readonly log: Logger
}): Promise<void> {
  await withAdmin(options.kafka, options.log, async (admin) => {
    await patiently(() =>
      admin.fetchOffsets({ groupId: options.consumerGroup, topics: [options.topics.tracked] }),
    )
  })
}

const PATIENCE = { attempts: 30, delayMs: 500 }

/** Kafka makes topics in the background: for a moment it can say that a new one does not exist. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === PATIENCE.attempts || !isPassing(error)) throw error
      await delay(PATIENCE.delayMs)
    }
  }
}

/** What Kafka itself calls retriable; that it cannot be reached at all is not passing. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'KafkaJSGroupCoordinatorNotFound') return true
  const isRetriable = 'retriable' in error && error.retriable === true
  return (error.name === 'KafkaJSProtocolError' && isRetriable) || isPassing(error.cause)
}

export class TooFewPartitions extends Error {
  constructor(topic: string, found: number, expected: number) {
    super(
      `topic ${topic} has ${found} partitions, ${expected} are configured. Adding partitions would ` +
        `move accounts and break their order: set KAFKA_PARTITIONS=${found}, or name a new topic ` +
        'in KAFKA_TOPIC.',
    )
    this.name = 'TooFewPartitions'
  }
}

/**
 * max.message.bytes: an event has 256 KiB at most, but a dead letter holds a record of anybody's making
 * (1 MiB by Kafka's default) and its reasons.
 * LogAppendTime: retention must follow the broker's clock, not a producer's.
 * See https://kafka.apache.org/documentation/#topicconfigs_message.timestamp.type
 */
function configEntries(settings: TopicSettings): { name: string; value: string }[] {
  return [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'max.message.bytes', value: String(2 * 1_048_576) },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: MIN_INSYNC_REPLICAS, value: String(settings.minInsyncReplicas) },
    { name: 'retention.ms', value: String(settings.retentionMs) },
  ]
}

export async function withAdmin<T>(
  config: KafkaConfig,
  log: Logger,
  use: (admin: KafkaJsAdmin) => Promise<T>,
): Promise<T> {
  const kafka: Kafka = createKafkaJs(config, log, {
    requestTimeout: 15_000,
    retry: { retries: 5, initialRetryTime: 200 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
