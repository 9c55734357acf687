import { groupsOfShards } from '../shards/shards.ts'
import { erasedTopic, topicNames } from '../topics/topics.ts'

/** How a deployment calls its things. */
export interface KafkaNames {
  /** KAFKA_TOPIC. */
  readonly tracked: string
  readonly consumerGroup: string
  /** Over which events are spread. @default 1 */
  readonly shards?: number
}

/** Something in Kafka, as its authorizer names it. */
export interface KafkaResource {
  readonly type: 'topic' | 'group'
  readonly name: string
  /** `prefixed`: whatever begins with the name. */
  readonly pattern: 'literal' | 'prefixed'
}

const topic = (name: string): KafkaResource => ({ type: 'topic', name, pattern: 'literal' })

export type ResourceName = 'topics' | 'dead_letters' | 'keys' | 'erasures' | 'group'

interface Resource {
  readonly said: string
  readonly of: (names: KafkaNames) => readonly KafkaResource[]
}

/** What rights are about. */
export const RESOURCES: Readonly<Record<ResourceName, Resource>> = {
  topics: {
    said: 'topics that begin with KAFKA_TOPIC, and the topics of rejected events and of keys',
    // The prefix covers dead letters and the record of the partition count.
    of: ({ tracked }) => [
      { type: 'topic', name: tracked, pattern: 'prefixed' },
      topic(topicNames(tracked).rejected),
      topic(topicNames(tracked).keys),
    ],
  },
  dead_letters: {
    said: 'the topic of dead letters',
    of: ({ tracked }) => [topic(topicNames(tracked).deadLetters)],
  },
  keys: {
    said: 'the topic of keys',
    of: ({ tracked }) => [topic(topicNames(tracked).keys)],
  },
  erasures: {
    said: 'the topic of erasures',
    of: ({ tracked }) => [topic(erasedTopic(tracked))],
  },
  group: {
    said: 'the group KAFKA_CONSUMER_GROUP; of several shards that of each, `<group>.shard-1-of-2` and so on',
    of: ({ consumerGroup, shards = 1 }) =>
      groupsOfShards(consumerGroup, shards).map((name) => ({
        type: 'group',
        name,
        pattern: 'literal',
      })),
  },
}
