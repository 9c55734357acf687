import type { Logger } from '@custom-events/runtime'
import { readNote } from '../fetch/commit-note.ts'
import { asking } from '../errors/kafka-problem.ts'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { findCoordinator } from './group-coordinator.ts'
import type { TopicPartition } from '../records.ts'
import { groupsOfShards, READS_ALL, readByShard, type IsRead } from '../shards/shards.ts'

const NEVER = { offset: -1, isCut: false }

/** How far a consumer group has come in one partition. */
export interface GroupOffset extends TopicPartition {
  /** The next offset the group would read, or `null` when it never committed one, or one that the log cannot have. */
  readonly committed: number | null
  /** Whether it ever committed one. */
  readonly hasCommit: boolean
  readonly earliest: number
  /** The offset the next record will get. */
  readonly latest: number
}

/** @throws {KafkaProblem} when Kafka does not tell; else when nobody answers. */
export async function readGroupOffsets(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  /** Of which the group is asked. @default all */
  readonly isRead?: IsRead
  readonly log: Logger
}): Promise<readonly GroupOffset[]> {
  const { kafka, consumerGroup, topics, isRead = READS_ALL, log } = options
  // The first attempt of a fresh client only learns of the brokers.
  const retry = { retries: 3, initialRetryTime: 50 }
  const admin = createKafkaJs(kafka, log, { retry }).admin()
  try {
    await admin.connect()
    const groups = await asking(ofGroup(consumerGroup, topics), () =>
      admin
        .fetchOffsets({ groupId: consumerGroup, topics: [...topics] })
        .catch((error: unknown) => sayWhy(error, () => findCoordinator(kafka, consumerGroup, log))),
    )
    const committed = new Map(
      groups.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset, metadata }) => {
          const isCut = readNote(metadata).cutAt !== undefined
          return [`${topic}/${partition}`, { offset: Number(offset), isCut }] as const
        }),
      ),
    )
    const offsets: GroupOffset[] = []
    for (const topic of topics) {
      const ends = await asking(ofTopic(topic), () => admin.fetchTopicOffsets(topic))
      for (const { partition, low, high } of ends) {
        if (!isRead({ topic, partition })) continue
        const { offset, isCut } = committed.get(`${topic}/${partition}`) ?? NEVER
        const isOfLog = offset >= 0 && offset <= Number(high) && !isCut
        offsets.push({
          topic,
          partition,
          committed: isOfLog ? offset : null,
          hasCommit: offset >= 0,
          earliest: Number(low),
          latest: Number(high),
        })
      }
    }
    return offsets
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/** kafkajs finds no coordinator where it may not ask for one: what the broker says is thrown instead. */
async function sayWhy(error: unknown, ask: () => Promise<void>): Promise<never> {
  if (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') await ask()
  throw error
}

function ofGroup(groupId: string, topics: readonly string[]) {
  const right = `DESCRIBE on group ${groupId} and on topic ${topics.join(', ')}`
  return { resource: `consumer group ${groupId}`, right }
}

function ofTopic(topic: string) {
  return { resource: `topic ${topic}`, right: `DESCRIBE on topic ${topic}` }
}

/**
 * Other consumer groups that have committed offsets of a topic: they read it as well, or have. Those that this user may not
 * describe are not seen.
 *
 * @throws when Kafka cannot be asked.
 */
export async function otherGroups(options: {
  readonly kafka: KafkaConfig
  readonly topic: string
  readonly consumerGroup: string
  readonly log: Logger
}): Promise<readonly string[]> {
  const { topic, consumerGroup } = options
  const retry = { retries: 3, initialRetryTime: 50 }
  const admin = createKafkaJs(options.kafka, options.log, { retry }).admin()
  try {
    await admin.connect()
    const { groups } = await admin.listGroups()
    const found: string[] = []
    for (const { groupId, protocolType } of groups) {
      if (groupId === consumerGroup || !['', 'consumer'].includes(protocolType)) continue
      const offsets = await asking(ofGroup(groupId, [topic]), () =>
        admin.fetchOffsets({ groupId, topics: [topic] }),
      )
      const isReader = offsets.some(({ partitions }) => partitions.some(({ offset }) => Number(offset) >= 0)) // prettier-ignore
      if (isReader) found.push(groupId)
    }
    return found
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/** The same of all shards: of each partition the group that reads it. @throws as `readGroupOffsets` */
export async function readShardOffsets(
  options: Omit<Parameters<typeof readGroupOffsets>[0], 'isRead'> & { readonly shards: number },
): Promise<readonly GroupOffset[]> {
  const { shards } = options
  const found: GroupOffset[] = []
  for (const [index, consumerGroup] of groupsOfShards(options.consumerGroup, shards).entries()) {
    const isRead = readByShard({ shard: index + 1, shards }, [])
    found.push(...(await readGroupOffsets({ ...options, consumerGroup, isRead })))
  }
  return found
}
