import type { RawCluster, RawMetadata } from 'kafkajs/src/consumer/consumerGroup.js'
import type { PartitionOffset } from '../consumer/consumer-port.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { PartitionRefused } from './partition-refused.ts'
import type { TopicPartition } from '../records.ts'

/** What was found of some partitions, and why nothing of the others. */
export interface FoundOffsets {
  readonly offsets: readonly PartitionOffset[]
  readonly refused: readonly PartitionRefused[]
}

const EARLIEST = -2
const LATEST = -1
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const LEADER_NOT_AVAILABLE = 5
const UNKNOWN_TOPIC_OR_PARTITION = 3

type Topic = RawMetadata['topicMetadata'][number]

/**
 * The first or the next offset of each partition, from its leader; of a cluster that keeps errors. What one
 * leader or one partition does not tell costs the others nothing. The next one to be written is `written`, the
 * next one that may be read `latest`: records behind an open transaction may not be.
 */
export async function leaderOffsets(
  cluster: RawCluster,
  partitions: readonly TopicPartition[],
  which: 'earliest' | 'latest' | 'written',
): Promise<FoundOffsets> {
  const offsets: PartitionOffset[] = []
  const refused: PartitionRefused[] = []
  const byLeader = new Map<number, TopicPartition[]>()
  for (const each of partitions) {
    const leader = leaderOf(cluster, each)
    if (typeof leader !== 'number') refused.push(new PartitionRefused(each, leader))
    else byLeader.set(leader, [...(byLeader.get(leader) ?? []), each])
  }
  const timestamp = which === 'earliest' ? EARLIEST : LATEST
  await Promise.all(
    [...byLeader].map(async ([nodeId, led]) => {
      try {
        const broker = await cluster.findBroker({ nodeId })
        const { responses } = await broker.listOffsets({
          isolationLevel: which === 'written' ? READ_UNCOMMITTED : READ_COMMITTED,
          topics: groupByTopic(led).map(([topic, of]) => ({
            topic,
            partitions: of.map(({ partition }) => ({ partition, timestamp })),
          })),
        })
        for (const { topic, partitions: answers } of responses) {
          for (const { partition, offset, errorCode } of answers) {
            const place = { topic, partition }
            if (errorCode === 0) offsets.push({ ...place, offset: Number(offset) })
            else refused.push(new PartitionRefused(place, errorCode))
          }
        }
      } catch (error) {
        refused.push(...led.map((each) => new PartitionRefused(each, error)))
      }
    }),
  )
  return { offsets, refused }
}

/** The leader of a partition as the metadata has it, or why there is none. */
export function leaderOf(
  cluster: RawCluster,
  { topic, partition }: TopicPartition,
): number | KafkaCodeError {
  const known = topicOf(cluster, topic)
  const code = topicErrorOf(known)
  if (known === undefined || code !== 0) return new KafkaCodeError(code)
  const found = known.partitionMetadata.find(({ partitionId }) => partitionId === partition)
  if (found === undefined) return new KafkaCodeError(UNKNOWN_TOPIC_OR_PARTITION)
  return found.leader >= 0 ? found.leader : new KafkaCodeError(LEADER_NOT_AVAILABLE)
}

function topicOf(cluster: RawCluster, topic: string): Topic | undefined {
  return cluster.brokerPool.metadata?.topicMetadata.find((each) => each.topic === topic)
}

function topicErrorOf(topic: Topic | undefined): number {
  if (topic === undefined) return UNKNOWN_TOPIC_OR_PARTITION
  const { topicErrorCode, partitionMetadata } = topic
  const isUsable = topicErrorCode === LEADER_NOT_AVAILABLE && partitionMetadata.length > 0
  return isUsable ? 0 : topicErrorCode
}

/** A topic as the metadata has it, and why it cannot be used. */
export interface KnownTopic {
  readonly topic: string
  readonly partitions: readonly number[]
  readonly leaderless: readonly number[]
  readonly error: KafkaCodeError | null
}

/** What the metadata of a cluster that keeps errors says of these topics. */
export function knownTopics(cluster: RawCluster, topics: readonly string[]): readonly KnownTopic[] {
  return topics.map((topic) => {
    const known = topicOf(cluster, topic)
    const code = topicErrorOf(known)
    const all = known?.partitionMetadata ?? []
    return {
      topic,
      partitions: all.map(({ partitionId }) => partitionId).toSorted((a, b) => a - b),
      leaderless: all.filter(({ leader }) => leader < 0).map(({ partitionId }) => partitionId),
      error: code === 0 ? null : new KafkaCodeError(code),
    }
  })
}

export function groupByTopic<T extends { readonly topic: string }>(
  all: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  return Object.entries(Object.groupBy(all, ({ topic }) => topic)).map(([topic, of = []]) => [
    topic,
    of,
  ])
}
