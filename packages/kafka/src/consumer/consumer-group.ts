import { PartitionAssigners } from 'kafkajs'
import ConsumerGroup, { type RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { createKafkaJs } from '../kafkajs/client.ts'
import type { InstanceName } from '../group/instance-name.ts'
import { createMembership } from '../membership/membership.ts'
import type { Membership } from '../membership/membership-port.ts'
import { closedBroker } from './consumer-errors.ts'
import {
  byTopic,
  eachPartition,
  inTopics,
  partitionStates,
  type PartitionStates,
} from './consumer-offsets.ts'
import type { FetchedRecords, GroupPosition, PartitionOffset } from './consumer-port.ts'
import { toFetchedRecords } from '../fetch/consumer-records.ts'
import { fetchInPlace } from '../fetch/fetch-in-place.ts'
import { watchLogs } from '../topics/log-watch.ts'
import type { KafkaLog } from '../topics/kafka-logs.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { keepErrors } from '../errors/keep-errors.ts'
import { knownTopics, type KnownTopic } from '../fetch/leader-offsets.ts'
import { PartitionRefused } from '../fetch/partition-refused.ts'
import { readReplicasOf } from '../fetch/read-replicas.ts'
import type { TopicPartition } from '../records.ts'
import type { IsRead } from '../shards/shards.ts'
import { startReading, takeAssignment } from './start-reading.ts'
import type { OnThrottled } from '../errors/throttling.ts'
import type { UnreadableRecords } from '../record-batch/unreadable-records.ts'

/** Time limits of a membership, in milliseconds. */
export interface GroupTimes {
  /** Kafka takes a member that is silent for so long for dead. */
  readonly sessionTimeoutMs: number
  /** How long a rebalance waits for members to finish what they have in hand. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
  /** Longest wait of a fetch for new records. */
  readonly fetchWaitMs: number
}

/** What a fetch brought of a partition: records, nothing new, or why it cannot be read. */
export type Fetched = FetchedRecords | UnreadableRecords | PartitionRefused | ReadToTheEnd

/** A partition that was asked and had nothing new. */
export interface ReadToTheEnd extends TopicPartition {
  readonly records: null
}

/** One connection to Kafka and one membership, until either breaks. */
export interface GroupMember extends Pick<
  Membership,
  'isJoinDue' | 'isMember' | 'joinAgain' | 'joinAside' | 'heartbeat' | 'leave'
> {
  /** Joins, or takes what `joinAside` has brought; resolves with what was assigned. */
  join(): Promise<PartitionStates>
  /** Which logs the topics are; should that change, what follows fails so that the member joins again. */
  logs(): Promise<readonly KafkaLog[]>
  /** What is to be known of these partitions before they are read, asked for again. */
  states(partitions: readonly TopicPartition[]): Promise<PartitionStates>
  assigned(): readonly TopicPartition[]
  /** As the metadata has the topics. */
  topics(): readonly KnownTopic[]
  /** Says where to read from; assigned partitions that are not named are not read. */
  start(positions: readonly PartitionOffset[]): Promise<void>
  nodeIds(): readonly number[]
  /**
   * The next records that this broker leads; each partition's offsets follow those fetched before. What
   * cannot be read is told for its partition, which is asked for again by the next fetch.
   */
  fetch(nodeId: number): Promise<readonly Fetched[]>
  /** Takes a partition out of the next fetches, until it is resumed. */
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
  /** Asks for the brokers and leaders anew, after an error that says they changed. */
  refresh(error: unknown): Promise<void>
  commit(offsets: readonly GroupPosition[]): Promise<void>
  disconnect(): Promise<void>
}

const READ_COMMITTED = 1
const METADATA_MAX_AGE_MS = 300_000
const MAX_BYTES_PER_PARTITION = 1_048_576
/** Of one fetch, which may come in after the memory budget is used up; larger ones were not faster. */
const MAX_FETCH_BYTES = 4_194_304
const RETRY = { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 }

/**
 * A member on kafkajs's ConsumerGroup, below its Runner. The Runner cannot be told when to rejoin, hides
 * offsets that are out of range by resetting them, and ends by itself after enough errors. Its group knows no names and
 * reads nothing while it joins: the membership is ours. Connections, requests and fetching stay kafkajs's.
 *
 * @throws when Kafka is not reachable or a topic is missing.
 */
export async function connectMember(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  readonly isRead: IsRead
  readonly times: GroupTimes
  readonly name: InstanceName
  /** Aborted when a join need not be waited for any more. */
  readonly closing: AbortSignal
  /** Told of every fetch, for how many milliseconds its broker holds us back. */
  readonly onThrottled: OnThrottled
  readonly log: Logger
}): Promise<GroupMember> {
  const { consumerGroup: groupId, topics, times } = options
  const { cluster, logger } = kafkaJsParts(options)
  keepErrors(cluster)
  fetchInPlace(cluster, options.onThrottled)
  const group = new ConsumerGroup({
    cluster,
    logger,
    retry: RETRY,
    groupId,
    topics,
    instrumentationEmitter: { emit: () => {} },
    maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    maxBytes: MAX_FETCH_BYTES,
    minBytes: 1,
    maxWaitTimeInMs: times.fetchWaitMs,
    isolationLevel: READ_COMMITTED,
    rackId: options.kafka.rack ?? '',
    metadataMaxAge: METADATA_MAX_AGE_MS,
  })
  group.recoverFromFetch = (error) => Promise.reject(error)
  try {
    await group.connect()
    await cluster.addMultipleTargetTopics(topics)
  } catch (error) {
    await cluster.disconnect().catch(() => {})
    throw error
  }

  const logs = watchLogs(cluster, topics)
  const replicas = readReplicasOf(group)
  const membership = createMembership({ ...options, cluster })
  const assigned = (): readonly TopicPartition[] => eachPartition(group.assigned())
  return {
    join: async () => {
      const partitions = await membership.join()
      await takeAssignment({ group, cluster, groupId }, partitions)
      return partitionStates(cluster, groupId, partitions)
    },
    logs: () => logs.learn(),
    states: (partitions) => partitionStates(cluster, groupId, partitions),
    assigned,
    topics: () => knownTopics(cluster, topics),
    start: async (positions) => startReading(group, positions),
    get isJoinDue() {
      return membership.isJoinDue
    },
    get isMember() {
      return membership.isMember
    },
    joinAgain: () => membership.joinAgain(),
    joinAside: (signal, onHeard) => membership.joinAside(signal, onHeard),
    heartbeat: () => membership.heartbeat(),
    nodeIds: () => cluster.getNodeIds(),
    fetch: async (nodeId) => {
      logs.mustBeSame()
      replicas.keepThose(cluster.getNodeIds())
      return (await group.fetch(nodeId)).flatMap((batch): Fetched | readonly never[] => {
        const fetched = toFetchedRecords(batch)
        if (fetched === null)
          return { topic: batch.topic, partition: batch.partition, records: null }
        if (fetched instanceof PartitionRefused) {
          if (replicas.toLeader(fetched)) return []
          return new PartitionRefused(fetched, fetched.cause, Number(batch.fetchedOffset))
        }
        if (fetched instanceof Error) return fetched
        const { topic, partition, next } = fetched
        group.offsetManager.resolveOffset({ topic, partition, offset: String(next - 1) })
        return fetched
      })
    },
    pause: (partition) => group.pause(inTopics([partition])),
    resume: (partition) => group.resume(inTopics([partition])),
    refresh: async (error) => {
      const closed = closedBroker(error)
      if (closed !== null) cluster.removeBroker(closed)
      await cluster.refreshMetadata()
      await logs.look()
    },
    commit: (offsets) => membership.commit(byTopic(offsets)),
    leave: () => membership.leave(),
    disconnect: () => cluster.disconnect(),
  }
}

/** kafkajs hands its cluster to whoever makes a partition assigner: a way to it that is public. */
function kafkaJsParts(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly log: Logger
}): { cluster: RawCluster; logger: unknown } {
  let parts: { cluster: RawCluster; logger: unknown } | null = null
  createKafkaJs(options.kafka, options.log, { retry: RETRY }).consumer({
    groupId: options.consumerGroup,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    partitionAssigners: [
      (config) => {
        // kafkajs's public type of a cluster names only what assigners usually need.
        parts = config as unknown as { cluster: RawCluster; logger: unknown }
        return PartitionAssigners.roundRobin(config)
      },
    ],
  })
  if (parts === null) throw new Error('kafkajs made no partition assigner: not version 2.2.4?')
  return parts
}
