import type { Kafka } from 'kafkajs'
import { describeKafkaError, KafkaCodeError } from '../errors/kafka-errors.ts'
import { shortOfReplicas } from './replicas.ts'
import { askTopics } from './topic-facts.ts'
import type { TopicMetadata } from './topic-request.ts'

type Counts = Readonly<Record<string, number>>

const UNKNOWN_TOPIC_OR_PARTITION = 3

/**
 * Asks over a new connection each time: an old one may be a socket that nobody answers any more. Only about these
 * topics: what is wrong with those of others is no matter of ours.
 *
 * @returns what is missing, in words, or `null`.
 */
export async function describeMissing(
  kafka: Kafka,
  partitionCountByTopic: Counts,
  mayLackReplicas: boolean,
): Promise<string | null> {
  const topics = await askTopics(kafka, Object.keys(partitionCountByTopic))
  if (topics !== null) return missing(topics, partitionCountByTopic)
  return askOldBroker(kafka, partitionCountByTopic, mayLackReplicas)
}

/** What is not there, or must not be looked at; `null`: nothing. */
export function missing(
  topics: readonly Pick<TopicMetadata, 'topic' | 'errorCode' | 'partitions'>[],
  partitionCountByTopic: Counts,
): string | null {
  const absent = topics.filter(({ errorCode }) => errorCode === UNKNOWN_TOPIC_OR_PARTITION)
  if (absent.length > 0) return describeAbsent(absent.map(({ topic }) => topic))
  const odd = topics.find(({ errorCode }) => errorCode !== 0)
  if (odd !== undefined) {
    return describeKafkaError(new KafkaCodeError(odd.errorCode), `topic ${odd.topic}`)
  }
  return describeSmall(
    topics.map(({ topic, partitions }) => ({ topic, found: partitions.length })),
    partitionCountByTopic,
  )
}

function describeAbsent(topics: readonly string[]): string {
  return `topic ${topics.join(', ')} does not exist: run \`npm run setup\``
}

function describeSmall(
  topics: readonly { readonly topic: string; readonly found: number }[],
  partitionCountByTopic: Counts,
): string | null {
  const small = topics.find(({ topic, found }) => found < (partitionCountByTopic[topic] ?? 0))
  if (small === undefined) return null
  return (
    `topic ${small.topic} has ${small.found} partitions, ` +
    `${partitionCountByTopic[small.topic]} are configured: ` +
    'set KAFKA_PARTITIONS to what the topic was created with, or use a new topic; where the topic is one beside KAFKA_TOPIC ' +
    'and CLICKHOUSE_SHARDS is right, add partitions (kafka-topics --alter): no order is in it'
  )
}

/** Brokers before Kafka 2.3, by way of kafkajs: it throws on the first thing that is odd, wherever that is. */
async function askOldBroker(
  kafka: Kafka,
  partitionCountByTopic: Counts,
  mayLackReplicas: boolean,
): Promise<string | null> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const existing = new Set(await admin.listTopics())
    const absent = Object.keys(partitionCountByTopic).filter((topic) => !existing.has(topic))
    if (absent.length > 0) return describeAbsent(absent)
    const { topics } = await admin.fetchTopicMetadata({
      topics: Object.keys(partitionCountByTopic),
    })
    const counts = topics.map(({ name, partitions }) => ({ topic: name, found: partitions.length }))
    const small = describeSmall(counts, partitionCountByTopic)
    return small ?? (mayLackReplicas ? await shortOfReplicas(admin, topics) : null)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
