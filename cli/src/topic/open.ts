import { setTimeout as delay } from 'node:timers/promises'
import {
  createGenerations,
  createProducer,
  createTopics,
  erasedTopic,
  followErasures,
  isSamePlacement,
  kafkaConfigFrom,
  recordGeneration,
  topicPromises,
  writeGeneration,
  type Generation,
  type GenerationRecord,
  type KafkaConfig,
} from '@custom-events/kafka'
import type { Config, Logger } from '@custom-events/runtime'
import type { TopicConfig, topicVariables } from './config.ts'
import { NotReady } from '../step.ts'
import { seeGroups, type SeenGroup } from './groups.ts'
import { flagsTo, saidOf } from './next.ts'

/** What is known of the generations of the topic, and what may be said of them. */
export interface GenerationTopics {
  /** The oldest first. */
  readonly all: () => readonly Generation[]
  /** Whether the last of them takes events, as far as is known here. */
  readonly isLastOpen: () => boolean
  /** Whether the leases on the generation before have ended, by what was seen here. */
  readonly hasBegun: () => boolean
  /** Those that read the topic, by their names in the configuration. @throws {KafkaProblem} */
  readonly groups: () => Promise<readonly SeenGroup[]>
  /**
   * Makes the topic of one, or finds it as it should be, and records its partitions and what is split, for who may begin
   * the same one now and for setup. @throws {TopicsRefused}
   */
  readonly make: (generation: Generation, before: Generation) => Promise<void>
  /** Resolves when Kafka has the record, and it was read back. @throws */
  readonly say: (record: GenerationRecord) => Promise<void>
}

const READY_WITHIN_MS = 15_000
const READ_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 50

/** Resolves when everything is known that the topic of erasures tells. @throws when it is not within 15 s. */
export async function openGenerationTopics(
  { config, log, leaseMs }: TopicConfig,
  resources: AsyncDisposableStack,
): Promise<GenerationTopics> {
  const kafka = kafkaConfigFrom(config)
  const topic = erasedTopic(config.KAFKA_TOPIC)
  const { CLICKHOUSE_SHARDS: shards } = config
  const producer = resources.use(
    createProducer({ kafka, partitionCountByTopic: { [topic]: 1 }, log }),
  )
  const erasures = resources.use(followErasures({ kafka, topic, shards, log }))
  const { announcements } = erasures
  const generations = createGenerations({
    tracked: config.KAFKA_TOPIC,
    partitions: config.KAFKA_PARTITIONS,
    announcements,
    leaseMs,
  })
  const whyNot = (): string | null =>
    producer.notReadyReason ?? erasures.notReadyReason ?? announcements.problem
  await within(READY_WITHIN_MS, () => whyNot() === null, () => whyNot() ?? '') // prettier-ignore
  await mustBePlaced({ kafka, log }, config)

  const last = () => announcements.announced.at(-1)
  return {
    all: () => generations.all,
    isLastOpen: () => last()?.isOpen ?? true,
    hasBegun: () => {
      const { topic: open, closed } = generations.place()
      return closed === null && open === (last()?.topic ?? config.KAFKA_TOPIC)
    },
    groups: () => {
      const topics = generations.all.map(({ topic: each }) => each)
      return seeGroups({ config }, { kafka, log, topics })
    },
    make: async (generation, before) => {
      await createTopics({
        kafka,
        partitionCountByTopic: { [generation.topic]: generation.partitions },
        placed: [generation.topic],
        settings: {
          replicationFactor: config.KAFKA_REPLICATION_FACTOR,
          minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
          retentionMs: config.KAFKA_RETENTION_HOURS * 3_600_000,
        },
        log,
      })
      const recorded = await recordGeneration({ kafka, generation, log })
      if (isSamePlacement(recorded, generation)) return
      throw new Error(
        `${recorded.topic} was begun ${saidOf(recorded)}: finish that first (${flagsTo(before, recorded)})`,
      )
    },
    say: async (record) => {
      // Making the topic may have taken longer than a connection lasts.
      await within(READY_WITHIN_MS, () => producer.notReadyReason === null, () => whyNot() ?? '') // prettier-ignore
      const [outcome] = await producer.produce([
        { topic, partition: 0, ...writeGeneration(record) },
      ])
      if (outcome?.status !== 'acknowledged') {
        throw new Error(`topic ${topic} did not take it: ${outcome?.reason ?? 'no answer'}`)
      }
      const isRead = (): boolean =>
        generations.all.some(({ topic: read }) => read === record.topic) &&
        (!record.isOpen || last()?.isOpen === true)
      const why = `topic ${topic} took it, and does not show it`
      await within(READ_WITHIN_MS, isRead, () => erasures.trouble ?? announcements.problem ?? why)
    },
  }
}

/** The number in the configuration is that with which accounts were placed. @throws */
async function mustBePlaced(
  { kafka, log }: { readonly kafka: KafkaConfig; readonly log: Logger },
  { KAFKA_TOPIC: placed, KAFKA_PARTITIONS: partitions }: Config<typeof topicVariables>,
): Promise<void> {
  const { refused } = await topicPromises({
    kafka,
    partitionCountByTopic: { [placed]: partitions },
    placed,
    log,
  })
  if (refused.length > 0) throw new Error(refused.join('; '))
}

async function within(ms: number, isSo: () => boolean, why: () => string): Promise<void> {
  const overdueAt = performance.now() + ms
  while (!isSo()) {
    if (performance.now() > overdueAt) throw new NotReady(why())
    await delay(LOOK_EVERY_MS)
  }
}
