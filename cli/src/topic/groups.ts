import {
  consumerGroupName,
  groupMembers,
  groupsOfShards,
  readGroupOffsets,
  type KafkaConfig,
} from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { TopicConfig } from './config.ts'

/** A consumer group by the name that the configuration gives it, as Kafka knows it. */
export interface SeenGroup {
  readonly group: string
  /** Whether anybody reads in it, or ever has. */
  readonly isThere: boolean
  /** Members that know of no generations. */
  readonly earlier: readonly string[]
}

/** The group of each shard. @param topics that they read, the oldest first. @throws {KafkaProblem} */
export async function seeGroups(
  { config }: Pick<TopicConfig, 'config'>,
  {
    kafka,
    log,
    topics,
  }: {
    readonly kafka: KafkaConfig
    readonly log: Logger
    readonly topics: readonly string[]
  },
): Promise<readonly SeenGroup[]> {
  const { KAFKA_CONSUMER_GROUP: name, KAFKA_TOPIC: topic, CLICKHOUSE_SHARDS: shards } = config
  const see = async (consumerGroup: string): Promise<SeenGroup> => {
    const { count, earlier } = await groupMembers({ kafka, consumerGroup, topic, log })
    const hasCommits = async (): Promise<boolean> =>
      (await readGroupOffsets({ kafka, consumerGroup, topics, log })).some(
        ({ hasCommit }) => hasCommit,
      )
    return { group: consumerGroup, isThere: count > 0 || (await hasCommits()), earlier }
  }
  return Promise.all(groupsOfShards(consumerGroupName(name, topic), shards).map(see))
}

/**
 * Why the topic must not grow now, in words; `null`: it may. Names that no consumer has are wrong names: members of the right
 * group were then not asked, and a split would be recorded with a number of shards that nobody has.
 *
 * @param options.hasConsumers `false`: somebody says that there have been none yet.
 */
export function groupsProblem(
  groups: readonly SeenGroup[],
  { shards, hasConsumers }: { readonly shards: number; readonly hasConsumers: boolean },
): string | null {
  const unknown = groups.filter(({ isThere }) => !isThere).map(({ group }) => group)
  if (hasConsumers && unknown.length > 0) {
    return (
      `consumer ${unknown.length === 1 ? 'group' : 'groups'} ${unknown.join(', ')} ` +
      `${unknown.length === 1 ? 'has' : 'have'} neither members nor commits: is KAFKA_CONSUMER_GROUP right, and CLICKHOUSE_SHARDS ` +
      `(${shards} here)? The topic would grow unseen by the consumers, or by a number of shards that they do not have. ` +
      'Where no consumer has ever run, say --no-consumers.'
    )
  }
  const earlier = groups.flatMap((each) => each.earlier)
  if (earlier.length === 0) return null
  // They would halt at the announcement, and leave the next topic unread.
  return (
    `${earlier.length} of the consumers are of an earlier release, which knows of no generations (${earlier.join(', ')}). ` +
    'Upgrade them first, and every ingest, which nobody can see from here (docs/operators.md#upgrading).'
  )
}
