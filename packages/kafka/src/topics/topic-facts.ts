import kafkajs, { type Kafka } from 'kafkajs'
import { kafkaJsCluster, type KafkaJsBroker } from '../kafkajs/kafkajs-cluster.ts'
import { sendRequest } from '../kafkajs/send-request.ts'
import {
  decodeTopicResponse,
  encodeTopicRequest,
  METADATA_API_KEY,
  METADATA_VERSION,
  type TopicMetadata,
} from './topic-request.ts'

/** What decides whether records can be produced to a topic. */
export interface TopicFacts extends TopicMetadata {
  /** Largest record batch that it takes; `null`: we may not ask (DESCRIBE_CONFIGS). */
  readonly maxBatchBytes: number | null
  /** `null`: we may not ask. */
  readonly minInsyncReplicas: number | null
}

/**
 * Asks over a connection of its own: what may be done with each topic, who leads its partitions, and its limits.
 * Nothing is produced.
 *
 * @returns `null` when the brokers are too old to say (before Kafka 2.3).
 * @throws when none answers.
 */
export function askTopicFacts(
  kafka: Kafka,
  topics: readonly string[],
): Promise<readonly TopicFacts[] | null> {
  return askBroker(kafka, async (broker) => {
    const metadata = await askMetadata(broker, topics)
    const limits = await Promise.all(metadata.map(({ topic }) => askLimits(broker, topic)))
    return metadata.map((each, index) => ({ ...each, ...(limits[index] ?? UNKNOWN_LIMITS) }))
  })
}

/** The same without limits. */
export function askTopics(
  kafka: Kafka,
  topics: readonly string[],
): Promise<readonly TopicMetadata[] | null> {
  return askBroker(kafka, (broker) => askMetadata(broker, topics))
}

async function askBroker<T>(
  kafka: Kafka,
  ask: (broker: KafkaJsBroker) => Promise<T>,
): Promise<T | null> {
  const cluster = kafkaJsCluster(kafka)
  try {
    await cluster.connect()
    const broker = await cluster.brokerPool.findConnectedBroker()
    const isOld = (broker.versions?.[METADATA_API_KEY]?.maxVersion ?? 0) < METADATA_VERSION
    return isOld ? null : await ask(broker)
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}

async function askMetadata(
  broker: KafkaJsBroker,
  topics: readonly string[],
): Promise<readonly TopicMetadata[]> {
  const connection = await broker.connectionPool.getConnection(0)
  const api = { apiKey: METADATA_API_KEY, apiName: 'Metadata', apiVersion: METADATA_VERSION }
  const payload = await sendRequest(connection, api, (head) =>
    encodeTopicRequest({ topics, ...head }),
  )
  return decodeTopicResponse(payload)
}

type Limits = Pick<TopicFacts, 'maxBatchBytes' | 'minInsyncReplicas'>

const UNKNOWN_LIMITS: Limits = { maxBatchBytes: null, minInsyncReplicas: null }
const MAX_MESSAGE_BYTES = 'max.message.bytes'
const SEGMENT_BYTES = 'segment.bytes'
const MIN_INSYNC_REPLICAS = 'min.insync.replicas'

/** Of a topic that sets none itself Kafka answers with those of the broker (message.max.bytes). */
async function askLimits(broker: KafkaJsBroker, topic: string): Promise<Limits> {
  try {
    const { resources } = await broker.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: [MAX_MESSAGE_BYTES, SEGMENT_BYTES, MIN_INSYNC_REPLICAS],
        },
      ],
    })
    const entries = resources.flatMap(({ configEntries }) => configEntries)
    const valueOf = (name: string): number =>
      Number(entries.find(({ configName }) => configName === name)?.configValue ?? NaN)
    const [message, segment] = [valueOf(MAX_MESSAGE_BYTES), valueOf(SEGMENT_BYTES)]
    // A batch must fit a segment of the log too.
    const smaller = Math.min(message, Number.isFinite(segment) ? segment : Infinity)
    const replicas = valueOf(MIN_INSYNC_REPLICAS)
    return {
      maxBatchBytes: Number.isFinite(smaller) ? smaller : null,
      minInsyncReplicas: Number.isFinite(replicas) ? replicas : null,
    }
  } catch {
    return UNKNOWN_LIMITS // no right to ask: then Kafka says so when a batch is too large
  }
}
