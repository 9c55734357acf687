import type { TopicPartition } from '../records.ts'

/** What kafkajs 2.2.4 keeps of replicas that leaders told it to read from (KIP-392); a test pins it. */
export interface KnowsReadReplicas {
  readonly preferredReadReplicasPerTopicPartition: Record<
    string,
    Record<number, { readonly nodeId: number }>
  >
}

/**
 * kafkajs reads from a replica for five minutes after the leader named it, whatever becomes of the replica: of one whose
 * broker left, the partition would be read by nobody; one that lags says of what it has not yet that it is out of range.
 */
export interface ReadReplicas {
  /** Reads from their leaders what was read from brokers that are not there any more. */
  keepThose(nodeIds: readonly (number | string)[]): void
  /** Reads a partition from its leader. @returns whether it was read from another replica. */
  toLeader(partition: TopicPartition): boolean
}

export function readReplicasOf(group: KnowsReadReplicas): ReadReplicas {
  const byTopic = group.preferredReadReplicasPerTopicPartition
  return {
    keepThose: (nodeIds) => {
      const there = new Set(nodeIds.map(Number))
      for (const partitions of Object.values(byTopic)) {
        for (const [partition, { nodeId }] of Object.entries(partitions)) {
          if (!there.has(nodeId)) delete partitions[Number(partition)]
        }
      }
    },
    toLeader: ({ topic, partition }) => {
      const partitions = byTopic[topic]
      if (partitions?.[partition] === undefined) return false
      delete partitions[partition]
      return true
    },
  }
}
