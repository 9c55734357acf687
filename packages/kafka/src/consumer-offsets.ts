import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import type { OffsetsOfTopic, RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { PartitionOffset } from './consumer-port.ts'
import type { PartitionState } from './consumer-positions.ts'
import type { TopicPartition } from './records.ts'

/** What Kafka and the group know of the partitions that were just assigned. */
export async function partitionStates(
  group: ConsumerGroup,
  cluster: RawCluster,
  groupId: string,
): Promise<readonly PartitionState[]> {
  const assigned = group.assigned()
  if (assigned.length === 0) return []
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const { responses } = await coordinator.offsetFetch({
    groupId,
    topics: assigned.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({ partition })),
    })),
  })
  const committed = offsetByPartition(flatten(responses))
  const earliest = offsetByPartition(await listOffsets(group, cluster, { fromBeginning: true }))
  const latest = offsetByPartition(await listOffsets(group, cluster, { fromBeginning: false }))
  return assigned.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const key = partitionKey({ topic, partition })
      const offset = committed.get(key) ?? -1
      const first = earliest.get(key)
      const end = latest.get(key)
      if (first === undefined || end === undefined) throw new Error(`no offsets of ${key} yet`)
      return {
        topic,
        partition,
        committed: offset < 0 ? null : offset,
        earliest: first,
        latest: end,
      }
    }),
  )
}

/** The first or the next offset of every assigned partition. */
export async function listOffsets(
  group: ConsumerGroup,
  cluster: RawCluster,
  which: { readonly fromBeginning: boolean },
): Promise<readonly PartitionOffset[]> {
  const topics = group.assigned().map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({ partition })),
    ...which,
  }))
  return flatten(await cluster.fetchTopicsOffset(topics))
}

function flatten(topics: readonly OffsetsOfTopic[]): readonly PartitionOffset[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
  )
}

/** Offsets in the form that kafkajs commits. */
export function byTopic(offsets: readonly PartitionOffset[]): readonly OffsetsOfTopic[] {
  const grouped = Object.groupBy(offsets, ({ topic }) => topic)
  return Object.entries(grouped).map(([topic, partitions = []]) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
  }))
}

/** Assigned partitions that are not to be read, in the form that kafkajs pauses. */
export function withoutPositions(
  assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  positions: readonly PartitionOffset[],
): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  const read = new Set(positions.map(partitionKey))
  return assigned
    .map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.filter((partition) => !read.has(partitionKey({ topic, partition }))),
    }))
    .filter(({ partitions }) => partitions.length > 0)
}

function offsetByPartition(offsets: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(offsets.map((each) => [partitionKey(each), each.offset]))
}

/** A partition as a key of maps. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
