import { AssignerProtocol } from 'kafkajs'
import type { JoinedMember, RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { eachPartition, inTopics, partitionKey } from '../consumer/consumer-offsets.ts'
import { groupByTopic, knownTopics } from '../fetch/leader-offsets.ts'
import type { TopicPartition } from '../records.ts'
import type { IsRead } from '../shards/shards.ts'
import {
  decodeClaim,
  decodeTold,
  encodeClaim,
  encodeTold,
  type Claim,
  type Told,
} from './ownership.ts'

export interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
  /** `null`: it has let go of everything. */
  readonly claim: Claim | null
}

type Shares = Map<string, TopicPartition[]>

/**
 * Who reads what: of each topic everybody who reads it as many partitions as the others, or one more, and whoever has one
 * keeps it as far as that goes. What must move is given to nobody while its owner still claims it: the owner
 * lets go when it hears of that, joins again, and then it is given away. kafkajs's own assigner gives every
 * member a share of the topics that the leader reads, so that what it gives to a member of another deployment is
 * read by nobody.
 */
export function assignPartitions(
  members: readonly Subscriber[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const owners = ownersOf(sorted)
  const wanted: Shares = new Map(sorted.map(({ memberId }) => [memberId, []]))
  for (const [topic, all] of groupByTopic(partitions)) {
    const readers = sorted.filter(({ topics }) => topics.includes(topic))
    if (readers.length > 0) shareOut(all, readers, { owners, wanted })
  }
  const isFree = (to: string, each: TopicPartition): boolean =>
    (owners.get(partitionKey(each)) ?? to) === to
  return new Map(
    [...wanted].map(([memberId, share]) => [
      memberId,
      share.filter((each) => isFree(memberId, each)),
    ]),
  )
}

/** Adds everybody's share of one topic. */
function shareOut(
  partitions: readonly TopicPartition[],
  readers: readonly Subscriber[],
  so: { readonly owners: ReadonlyMap<string, string>; readonly wanted: Shares },
): void {
  const shareOf = ({ memberId }: Subscriber): TopicPartition[] => so.wanted.get(memberId) ?? []
  const loadBefore = new Map(readers.map((reader) => [reader, shareOf(reader).length]))
  const ownedBy = (reader: Subscriber): readonly TopicPartition[] =>
    partitions.filter((each) => so.owners.get(partitionKey(each)) === reader.memberId)
  const least = Math.floor(partitions.length / readers.length)
  // One more for those that have it already, and for those that have the fewest of the other topics.
  const byRight = readers.toSorted(
    (a, b) =>
      Number(ownedBy(b).length > least) - Number(ownedBy(a).length > least) ||
      (loadBefore.get(a) ?? 0) - (loadBefore.get(b) ?? 0),
  )
  const quotas = byRight.map((reader, place) => ({
    reader,
    quota: least + (place < partitions.length % readers.length ? 1 : 0),
  }))
  const kept = new Set<TopicPartition>()
  for (const { reader, quota } of quotas) {
    for (const each of ownedBy(reader).slice(0, quota)) {
      kept.add(each)
      shareOf(reader).push(each)
    }
  }
  const left = partitions.filter((each) => !kept.has(each))
  for (const { reader, quota } of quotas) {
    const missing = quota + (loadBefore.get(reader) ?? 0) - shareOf(reader).length
    shareOf(reader).push(...left.splice(0, missing))
  }
}

/** Who claims a partition; of several the one to whom it was assigned last. */
function ownersOf(members: readonly Subscriber[]): ReadonlyMap<string, string> {
  const oldestFirst = members.toSorted(
    (a, b) => (a.claim?.generation ?? -1) - (b.claim?.generation ?? -1),
  )
  return new Map(
    oldestFirst.flatMap(({ memberId, claim }) =>
      (claim?.owned ?? []).map((each) => [partitionKey(each), memberId] as const),
    ),
  )
}

/** As kafkajs names its own: a member that uses that one may join, gets what it reads, and is told of. */
const ASSIGNER = 'RoundRobinAssigner'
const VERSION = 0

/** What this member offers to the group when it joins. */
export function protocolOf(
  topics: readonly string[],
  claim: Claim,
): { readonly name: string; readonly metadata: Buffer } {
  const userData = encodeClaim(claim)
  return {
    name: ASSIGNER,
    metadata: AssignerProtocol.MemberMetadata.encode({
      version: VERSION,
      topics: [...topics],
      userData,
    }),
  }
}

/** What the leader of the group sends to everybody. @param isRead of the whole group, not of a member. */
export async function assign(
  cluster: RawCluster,
  members: readonly JoinedMember[],
  isRead: IsRead,
): Promise<readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]> {
  const subscribers = members.map(({ memberId, memberMetadata }): Subscriber => {
    const told = AssignerProtocol.MemberMetadata.decode(memberMetadata)
    return { memberId, topics: told?.topics ?? [], claim: decodeClaim(told?.userData) }
  })
  const mayReadOn = subscribers.every(({ claim }) => claim !== null)
  const topicsOf = new Map(subscribers.map((each) => [each.memberId, each.topics]))
  const topics = [...new Set(subscribers.flatMap((each) => each.topics))]
  await cluster.addMultipleTargetTopics(topics)
  await cluster.refreshMetadata()
  const partitions = knownTopics(cluster, topics).flatMap((known) =>
    known.partitions.map((partition) => ({ topic: known.topic, partition })).filter(isRead),
  )
  const shares = assignPartitions(subscribers, partitions)
  const given = [...shares.values()].reduce((sum, { length }) => sum + length, 0)
  const isUnfinished = given < partitions.length
  return [...shares].map(([memberId, share]) => ({
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({
      version: VERSION,
      assignment: Object.fromEntries(
        inTopics(share).map((each) => [each.topic, [...each.partitions]]),
      ),
      userData: encodeTold({
        mayReadOn,
        topics: topicsOf.get(memberId) ?? [],
        memberId,
        isUnfinished,
      }),
    }),
  }))
}

/**
 * What the leader has sent to a member, without what it did not ask for, which another program may have given it: other topics,
 * and partitions of another shard, whose rows would then lie on two.
 */
export function readAssignment(
  memberAssignment: Buffer,
  topics: readonly string[],
  isRead: IsRead,
): { readonly assigned: readonly TopicPartition[]; readonly told: Told } {
  const read = AssignerProtocol.MemberAssignment.decode(memberAssignment)
  const ofOurs = Object.entries(read?.assignment ?? {}).filter(([topic]) => topics.includes(topic))
  return {
    assigned: eachPartition(ofOurs.map(([topic, partitions]) => ({ topic, partitions }))).filter(
      isRead,
    ),
    told: decodeTold(read?.userData),
  }
}
