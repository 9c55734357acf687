import type {
  OffsetsOfTopic,
  PartitionsOfTopic,
  RawCluster,
} from 'kafkajs/src/consumer/consumerGroup.js'
import { readNote, writeNote } from '../fetch/commit-note.ts'
import type { GroupPosition, PartitionOffset } from './consumer-port.ts'
import type { PartitionState } from './consumer-positions.ts'
import { groupByTopic, leaderOffsets, type FoundOffsets } from '../fetch/leader-offsets.ts'
import { PartitionRefused } from '../fetch/partition-refused.ts'
import type { TopicPartition } from '../records.ts'

/** What Kafka and the group know of some partitions, and of which nothing could be learnt. */
export interface PartitionStates {
  readonly states: readonly PartitionState[]
  readonly refused: readonly PartitionRefused[]
}

const NEVER_COMMITTED: Pick<GroupPosition, 'offset'> = { offset: -1 }

/** @param end where a log ends: as a member may read it, or as it was written. */
export async function partitionStates(
  cluster: RawCluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  end: 'latest' | 'written' = 'latest',
): Promise<PartitionStates> {
  if (partitions.length === 0) return { states: [], refused: [] }
  const ofGroup = await committedOffsets(cluster, groupId, partitions)
  // Together: a leader that does not answer is waited for once.
  const ofLeaders = await Promise.all([
    leaderOffsets(cluster, partitions, 'earliest'),
    leaderOffsets(cluster, partitions, end),
  ])
  const asked = [ofGroup, ...ofLeaders] as const
  const [, earliest, latest] = asked.map(({ offsets }) => offsetByPartition(offsets))
  const committed = new Map(ofGroup.offsets.map((each) => [partitionKey(each), each]))
  const refusedByPartition = new Map(
    asked.flatMap(({ refused }) => refused).map((each) => [partitionKey(each), each]),
  )
  const states = partitions.flatMap((each): PartitionState[] => {
    const key = partitionKey(each)
    const { offset, ...noted } = { ...NEVER_COMMITTED, ...committed.get(key) }
    const first = earliest?.get(key)
    const next = latest?.get(key)
    if (first === undefined || next === undefined || refusedByPartition.has(key)) return []
    const { topic, partition } = each
    const known = offset < 0 ? null : offset
    return [{ ...noted, topic, partition, committed: known, earliest: first, latest: next }]
  })
  const known = await withWrittenEnds(cluster, states)
  return { states: known.states, refused: [...refusedByPartition.values(), ...known.refused] }
}

/**
 * A commit beyond what may be read lies within the log when somebody has moved the group past a transaction that nobody ends:
 * only where the log was written to no further is it out of range.
 */
async function withWrittenEnds(
  cluster: RawCluster,
  states: readonly PartitionState[],
): Promise<PartitionStates> {
  const beyond = states.filter(({ committed, latest }) => (committed ?? 0) > latest)
  if (beyond.length === 0) return { states, refused: [] }
  const { offsets, refused } = await leaderOffsets(cluster, beyond, 'written')
  const written = offsetByPartition(offsets)
  const isRefused = new Set(refused.map(partitionKey))
  return {
    refused,
    states: states
      .filter((each) => !isRefused.has(partitionKey(each)))
      .map((each) => ({
        ...each,
        latest: Math.max(each.latest, written.get(partitionKey(each)) ?? 0),
      })),
  }
}

interface CommittedOffsets extends FoundOffsets {
  readonly offsets: readonly GroupPosition[]
}

/** -1 where the group never committed. */
export async function committedOffsets(
  cluster: RawCluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<CommittedOffsets> {
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const { responses } = await coordinator.offsetFetch({
    groupId,
    topics: groupByTopic(partitions).map(([topic, of]) => ({
      topic,
      partitions: of.map(({ partition }) => ({ partition })),
    })),
  })
  const answers = responses.flatMap(({ topic, partitions: of }) =>
    of.map((each) => ({ topic, ...each })),
  )
  return {
    offsets: answers
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ topic, partition, offset, metadata }) => ({
        topic,
        partition,
        offset: Number(offset),
        ...readNote(metadata),
      })),
    refused: answers
      .filter(({ errorCode }) => errorCode !== 0)
      .map((each) => new PartitionRefused(each, each.errorCode)),
  }
}

/** Offsets in the form that kafkajs commits. */
export function byTopic(offsets: readonly GroupPosition[]): readonly OffsetsOfTopic[] {
  return groupByTopic(offsets).map(([topic, of]) => ({
    topic,
    partitions: of.map((each) => ({
      partition: each.partition,
      offset: String(each.offset),
      metadata: writeNote(each),
    })),
  }))
}

/** Partitions in the form that kafkajs pauses. */
export function inTopics(partitions: readonly TopicPartition[]): readonly PartitionsOfTopic[] {
  return groupByTopic(partitions).map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }))
}

export function eachPartition(assigned: readonly PartitionsOfTopic[]): readonly TopicPartition[] {
  return assigned.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

function offsetByPartition(offsets: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(offsets.map((each) => [partitionKey(each), each.offset]))
}

/** A partition as a key of maps. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
