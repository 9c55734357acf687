import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { Trouble } from '../consumer/consumer-port.ts'
import type { TopicPartition } from '../records.ts'

/** A member as the group's coordinator tells of it. */
export interface SeenMember {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  readonly topics: readonly string[]
  readonly assigned: readonly TopicPartition[]
  /** Whether it says what it reads when it joins; releases before names of consumers do not. */
  readonly makesClaims: boolean
}

/** What is wrong with who reads what; every member sees the same. */
export interface GroupJudgement {
  /** Members that read other topics: of another deployment, or of another program. */
  readonly foreign: readonly SeenMember[]
  /** Members of ours of an earlier release. */
  readonly earlier: readonly SeenMember[]
  /** Partitions that were given to nobody who reads them. */
  readonly unassigned: readonly TopicPartition[]
}

export function judgeGroup(
  topics: readonly string[],
  partitions: readonly TopicPartition[],
  members: readonly SeenMember[],
): GroupJudgement {
  const foreign = members.filter((member) => !isOfOurs(member, topics))
  const isForeign = new Set(foreign)
  const earlier = members.filter((member) => !isForeign.has(member) && !member.makesClaims)
  const read = new Set(
    members
      .filter((member) => !isForeign.has(member))
      .flatMap((member) => member.assigned.map(partitionKey)),
  )
  return {
    foreign,
    earlier,
    unassigned: partitions.filter((each) => !read.has(partitionKey(each))),
  }
}

/**
 * Another release may read a topic more or less, and one that has not heard of a new generation yet; a program that reads one
 * topic of ours takes partitions away from us.
 */
function isOfOurs({ topics: theirs }: SeenMember, topics: readonly string[]): boolean {
  const shared = topics.filter((each) => theirs.includes(each)).length
  return shared > topics.length / 2
}

type Found = Omit<Trouble, 'sinceMs'>

export function foreignTrouble(
  consumerGroup: string,
  { clientId, host, topics }: SeenMember,
): Found {
  return {
    topic: null,
    partition: null,
    offset: null,
    code: 'FOREIGN_MEMBER',
    cause: 'foreign_member',
    text:
      `consumer group ${consumerGroup}: ${clientId} at ${host} is a member and reads other topics ` +
      `(${topics.join(', ') || 'none'}): give each deployment a KAFKA_CONSUMER_GROUP of its own, or leave ` +
      'it empty, so that it follows KAFKA_TOPIC',
  }
}

export function unassignedTrouble(consumerGroup: string, place: TopicPartition): Found {
  return {
    ...place,
    offset: null,
    code: 'UNASSIGNED',
    cause: 'unassigned',
    text:
      `${partitionKey(place)}: no member of the consumer group ${consumerGroup} was given this partition: ` +
      'stop members that are not ours, then restart one of ours',
  }
}
