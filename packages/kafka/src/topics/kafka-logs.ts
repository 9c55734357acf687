import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { kafkaJsCluster, type KafkaJsBroker } from '../kafkajs/kafkajs-cluster.ts'
import { METADATA_API_KEY, METADATA_VERSION, metadataRequest } from './metadata-request.ts'

/**
 * A topic of one cluster, from its making to its deletion: offsets mean something only within one. A topic
 * that is deleted and made anew under its name is another log.
 */
export interface KafkaLog {
  readonly clusterId: string
  readonly topic: string
  /** Empty where the broker tells none: before Kafka 2.8. */
  readonly topicId: string
}

/** Text that names a log beside its topic; where dead letters say what log they come from. */
export function logName({ clusterId, topicId }: KafkaLog): string {
  return `${clusterId}/${topicId}`
}

/** What `logsOf` uses of a cluster of kafkajs that is connected. */
export interface AskedCluster {
  readonly brokerPool: { findConnectedBroker(): Promise<KafkaJsBroker> }
}

/**
 * Asks any broker which logs these topics are now; topics that it does not tell us of are left out.
 * @throws when no broker answers.
 */
export async function logsOf(
  { brokerPool }: AskedCluster,
  topics: readonly string[],
): Promise<readonly KafkaLog[]> {
  const broker = await brokerPool.findConnectedBroker()
  if ((broker.versions?.[METADATA_API_KEY]?.maxVersion ?? 0) < METADATA_VERSION) {
    const { clusterId = '' } = await broker.metadata([...topics])
    return topics.map((topic) => ({ clusterId: clusterId ?? '', topic, topicId: '' }))
  }
  const connection = await broker.connectionPool.getConnection(0)
  const metadata = await connection.send(metadataRequest(topics))
  return metadata.topics
    .filter(({ errorCode }) => errorCode === 0)
    .map(({ topic, id }) => ({ clusterId: metadata.clusterId, topic, topicId: knownId(id) }))
}

const NO_ID = '00000000-0000-0000-0000-000000000000'

function knownId(id: string): string {
  return id === NO_ID ? '' : id
}

/** The same over a connection of its own. @throws when Kafka is not reachable, or a topic is missing. */
export async function readKafkaLogs(options: {
  readonly kafka: KafkaConfig
  readonly topics: readonly string[]
  readonly log: Logger
}): Promise<readonly KafkaLog[]> {
  const { topics } = options
  const retry = { retries: 3, initialRetryTime: 100 }
  const cluster = kafkaJsCluster(createKafkaJs(options.kafka, options.log, { retry }))
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics(topics)
    const logs = await logsOf(cluster, topics)
    const missing = topics.filter((name) => !logs.some(({ topic }) => topic === name))
    if (missing.length > 0) throw new Error(`Kafka does not tell the id of ${missing.join(', ')}`)
    return logs
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}
