/** The topics of the pipeline. */
export interface TopicNames {
  /** Accepted events, keyed by group_id. */
  readonly tracked: string
  /** Events refused at the door, with every reason. */
  readonly rejected: string
  /** Records the consumer could not insert, byte for byte. */
  readonly deadLetters: string
  /** Keys of sealed properties, keyed by group_id. */
  readonly keys: string
}

/** Partitions of the other topics: order does not matter there, a few suffice. */
const SIDE_TOPIC_PARTITIONS = 3

/** The same where events are spread over several ClickHouses: the least multiple, so that what is an account's is on its shard. */
export function sideTopicPartitions(shards: number): number {
  return Math.ceil(SIDE_TOPIC_PARTITIONS / shards) * shards
}

/**
 * Names derived from the topic of accepted events:
 * `events.tracked.v1` gives `events.rejected.v1`, `events.tracked.v1.dlq` and `events.keys.v1`;
 * a name without `tracked` gives `<name>.rejected`, `<name>.dlq` and `<name>.keys`.
 */
export function topicNames(tracked: string): TopicNames {
  return {
    tracked,
    rejected: siblingOf(tracked, 'rejected'),
    deadLetters: `${tracked}.dlq`,
    keys: siblingOf(tracked, 'keys'),
  }
}

function siblingOf(tracked: string, what: string): string {
  return tracked.includes('tracked') ? tracked.replace('tracked', what) : `${tracked}.${what}`
}

/**
 * The topic that says who is erased: `events.tracked.v1` gives `events.erased.v1`; a name without `tracked` gives
 * `<name>.erased`. None of the three: its records are of no table, and no consumer group reads it.
 */
export function erasedTopic(tracked: string): string {
  return tracked.includes('tracked') ? tracked.replace('tracked', 'erased') : `${tracked}.erased`
}

/**
 * The group that was configured, else one that follows the topic: two deployments in one group would share
 * out the partitions of both, and each would wait for what the other was given.
 */
export function consumerGroupName(configured: string, trackedTopic: string): string {
  return configured === '' ? `custom-events.clickhouse.${trackedTopic}` : configured
}

/** Partition counts the topics must at least have. @param shards over which events are spread. @default 1 */
export function partitionCounts(
  topics: TopicNames,
  trackedPartitions: number,
  shards = 1,
): Readonly<Record<string, number>> {
  const beside = sideTopicPartitions(shards)
  return {
    [topics.tracked]: trackedPartitions,
    [topics.rejected]: beside,
    [topics.deadLetters]: beside,
    [topics.keys]: beside,
  }
}
