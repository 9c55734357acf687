import type { KafkaJsMetadata } from './kafkajs-cluster.ts'
import type { TopicPartition } from '../records.ts'

/** Who leads a partition, by the newest metadata; `null` while nobody is known to. */
export function leadersOf(source: {
  readonly metadata: KafkaJsMetadata | null
}): (at: TopicPartition) => number | null {
  let seen: KafkaJsMetadata | null = null
  let leadersByTopic = new Map<string, readonly (number | undefined)[]>()
  return ({ topic, partition }) => {
    if (source.metadata !== seen) {
      seen = source.metadata
      leadersByTopic = indexed(seen)
    }
    const leader = leadersByTopic.get(topic)?.[partition] ?? -1
    return leader < 0 ? null : leader
  }
}

function indexed(metadata: KafkaJsMetadata | null): Map<string, readonly (number | undefined)[]> {
  return new Map(
    metadata?.topicMetadata.map(({ topic, partitionMetadata }) => {
      const leaders: (number | undefined)[] = []
      for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader
      return [topic, leaders]
    }),
  )
}
