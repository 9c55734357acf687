import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { inTopics } from '../consumer/consumer-offsets.ts'
import { knownTopics } from '../fetch/leader-offsets.ts'
import type { TopicPartition } from '../records.ts'

interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

/**
 * Who reads what: each partition in turn by the next of those that read its topic. kafkajs's own assigner
 * gives every member a share of the topics that the leader reads, so that what it gives to a member of
 * another deployment is read by nobody.
 */
export function assignPartitions(
  members: readonly Subscriber[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const shares = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]))
  partitions.forEach((each, place) => {
    const readers = sorted.filter(({ topics }) => topics.includes(each.topic))
    const reader = readers[place % readers.length]
    if (reader !== undefined) shares.get(reader.memberId)?.push(each)
  })
  return shares
}

/** As kafkajs names its own: a member that uses that one may join, gets what it reads, and is told of. */
const ASSIGNER = 'RoundRobinAssigner'
const VERSION = 0

export function createAssigner(cluster: RawCluster): ReturnType<PartitionAssigner> {
  return {
    name: ASSIGNER,
    version: VERSION,
    assign: async ({ members }) => {
      const subscribers = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        topics: AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [],
      }))
      const topics = [...new Set(subscribers.flatMap((each) => each.topics))]
      await cluster.addMultipleTargetTopics(topics)
      const partitions = knownTopics(cluster, topics).flatMap((known) =>
        known.partitions.map((partition) => ({ topic: known.topic, partition })),
      )
      return [...assignPartitions(subscribers, partitions)].map(([memberId, share]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(
            inTopics(share).map((each) => [each.topic, [...each.partitions]]),
          ),
          userData: Buffer.alloc(0),
        }),
      }))
    },
    protocol: ({ topics }) => ({
      name: ASSIGNER,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics: [...topics],
        userData: Buffer.alloc(0),
      }),
    }),
  }
}
