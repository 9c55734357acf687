import type { TopicPartition } from '../records.ts'

/** One of several ClickHouses that events are spread over. */
export interface Shard {
  /** From 1. */
  readonly shard: number
  /** How many there are. */
  readonly shards: number
}

/**
 * Whose a partition is, from 1. Counts of partitions are multiples of the shards, so of an account it is the same in every
 * generation of the topic: `hash mod partitions mod shards` is `hash mod shards`.
 */
export function shardOfPartition(partition: number, shards: number): number {
  return (partition % shards) + 1
}

/** Whether a partition is read by some group: whatever counts partitions counts those, and no others. */
export type IsRead = (partition: TopicPartition) => boolean

/** Where events are not spread, one group reads everything. */
export const READS_ALL: IsRead = () => true

/**
 * What the group of a shard reads.
 *
 * @param wholeTopics of which every shard reads every partition, such as that of keys: events of any of them may need any key.
 */
export function readByShard({ shard, shards }: Shard, wholeTopics: readonly string[]): IsRead {
  if (shards === 1) return READS_ALL
  return ({ topic, partition }) =>
    wholeTopics.includes(topic) || shardOfPartition(partition, shards) === shard
}

/** The consumer group that fills one: the one that was named where there is only one. */
export function groupOfShard(consumerGroup: string, { shard, shards }: Shard): string {
  return shards === 1 ? consumerGroup : `${consumerGroup}.shard-${shard}-of-${shards}`
}

/** Those of all shards, in their order. */
export function groupsOfShards(consumerGroup: string, shards: number): readonly string[] {
  return Array.from({ length: shards }, (_, index) =>
    groupOfShard(consumerGroup, { shard: index + 1, shards }),
  )
}
