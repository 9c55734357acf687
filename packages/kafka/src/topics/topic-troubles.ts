import { describeKafkaError, KafkaCodeError } from '../errors/kafka-errors.ts'
import type { PartitionMetadata } from './topic-request.ts'
import type { TopicFacts } from './topic-facts.ts'

/** Why something cannot be produced at the moment. */
export interface ProduceTrouble {
  readonly topic: string
  /** `null`: all of them. */
  readonly partitions: readonly number[] | null
  /** Kafka's own name of it. */
  readonly code: string
  /** A sentence that names topic, partitions, Kafka's code and the remedy. */
  readonly text: string
  /** It stays until a person has done something. */
  readonly isPermanent: boolean
}

const LEADER_NOT_AVAILABLE = 5
const NOT_ENOUGH_REPLICAS = 19
const TOPIC_AUTHORIZATION_FAILED = 29

/** What speaks against producing, by what a broker says before anything is produced. */
export function troublesOf(facts: readonly TopicFacts[]): readonly ProduceTrouble[] {
  return facts.flatMap((topic) => {
    const trouble = topicTrouble(topic)
    if (trouble !== null) return [trouble]
    return [leaderless(topic), shortOfReplicas(topic)].filter((each) => each !== null)
  })
}

function topicTrouble({ topic, errorCode, mayWrite }: TopicFacts): ProduceTrouble | null {
  if (errorCode === 0 && mayWrite !== false) return null
  const isDenied = errorCode === 0 || errorCode === TOPIC_AUTHORIZATION_FAILED
  const error = new KafkaCodeError(isDenied ? TOPIC_AUTHORIZATION_FAILED : errorCode)
  const right = errorCode === 0 ? 'WRITE' : 'DESCRIBE and WRITE'
  const resource = isDenied ? `${right} on topic ${topic}` : `topic ${topic}`
  return {
    topic,
    partitions: null,
    code: error.type,
    text: describeKafkaError(error, resource),
    isPermanent: isDenied,
  }
}

function leaderless({ topic, partitions }: TopicFacts): ProduceTrouble | null {
  const without = partitions.filter(({ leader }) => leader < 0)
  return partitionTrouble(topic, partitions, without, LEADER_NOT_AVAILABLE)
}

/** Kafka asks for no more replicas than there are: KIP-966. */
function shortOfReplicas(facts: TopicFacts): ProduceTrouble | null {
  const { topic, partitions } = facts
  const needed = facts.minInsyncReplicas ?? 1
  const short = partitions.filter(
    ({ inSync, replicas, leader }) => leader >= 0 && inSync < Math.min(needed, replicas),
  )
  return partitionTrouble(topic, partitions, short, NOT_ENOUGH_REPLICAS)
}

function partitionTrouble(
  topic: string,
  all: readonly PartitionMetadata[],
  affected: readonly PartitionMetadata[],
  code: number,
): ProduceTrouble | null {
  if (affected.length === 0) return null
  const partitions = affected.map(({ partition }) => partition).toSorted((a, b) => a - b)
  const isAll = affected.length === all.length
  const error = new KafkaCodeError(code)
  const which = `${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`
  const resource = isAll ? `every partition of topic ${topic}` : `${which} of topic ${topic}`
  return {
    topic,
    partitions: isAll ? null : partitions,
    code: error.type,
    text: describeKafkaError(error, resource),
    isPermanent: false,
  }
}
