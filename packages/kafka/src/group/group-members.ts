import { setTimeout as delay } from 'node:timers/promises'
import { AssignerProtocol } from 'kafkajs'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { eachPartition } from '../consumer/consumer-offsets.ts'
import { asking, KafkaProblem } from '../errors/kafka-problem.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { tellingCluster } from '../kafkajs/kept-cluster.ts'
import { findCoordinator } from './group-coordinator.ts'
import type { SeenMember } from './group-judge.ts'
import { decodeClaim } from './ownership.ts'

/** @returns `null` while the group rebalances: nobody tells then what its members read. */
export async function membersOf(
  cluster: RawCluster,
  groupId: string,
): Promise<readonly SeenMember[] | null> {
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const { groups } = await coordinator.describeGroups({ groupIds: [groupId] })
  const [group] = groups
  if (group === undefined || group.state.endsWith('Rebalance')) return null
  return group.members.map(
    ({ memberId, clientId, clientHost, memberMetadata, memberAssignment }): SeenMember => {
      const told = AssignerProtocol.MemberMetadata.decode(memberMetadata)
      const assignment =
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
      return {
        memberId,
        clientId,
        host: clientHost,
        topics: told?.topics ?? [],
        assigned: eachPartition(
          Object.entries(assignment).map(([topic, partitions]) => ({ topic, partitions })),
        ),
        makesClaims: decodeClaim(told?.userData) !== null,
      }
    },
  )
}

const SETTLED_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 500

/** Members of a group that read a topic. */
export interface GroupMembers {
  readonly count: number
  /** Those of a release before names and generations, each as client and host. */
  readonly earlier: readonly string[]
}

/**
 * Members of the group that read this topic, for who must not do what those of an earlier release do not know of. None where
 * there is no such group.
 *
 * @throws {KafkaProblem} when Kafka does not tell within 20 s. @throws when the group joins for longer than that.
 */
export async function groupMembers(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topic: string
  readonly log: Logger
}): Promise<GroupMembers> {
  const { consumerGroup, topic } = options
  const overdueAt = performance.now() + SETTLED_WITHIN_MS
  const of = {
    resource: `consumer group ${consumerGroup}`,
    right: `DESCRIBE on group ${consumerGroup}`,
  }
  for (let turn = 0; ; turn++) {
    const isOverdue = performance.now() > overdueAt
    try {
      const members = await asking(of, () => lookOnce(options, turn))
      if (members !== null) return readersAmong(members, topic)
      if (isOverdue) throw new Error(stillJoining(consumerGroup))
    } catch (error) {
      // A broker that is busy, or looks for its place, tells the next time.
      const mayPass = error instanceof KafkaProblem && !error.isRightMissing
      if (!mayPass || isOverdue) throw error
    }
    await delay(LOOK_EVERY_MS)
  }
}

async function lookOnce(
  {
    kafka,
    consumerGroup,
    topic,
    log,
  }: {
    readonly kafka: KafkaConfig
    readonly consumerGroup: string
    readonly topic: string
    readonly log: Logger
  },
  turn: number,
): Promise<readonly SeenMember[] | null> {
  const cluster = tellingCluster(startingAt(kafka, turn), log)
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics([topic]) // else it knows of no broker but the one that it asks first
    return await membersOf(cluster, consumerGroup)
  } catch (error) {
    // kafkajs finds no coordinator where it may not ask for one: what the broker says is thrown instead.
    await findCoordinator(kafka, consumerGroup, log)
    throw error
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}

function readersAmong(members: readonly SeenMember[], topic: string): GroupMembers {
  const readers = members.filter(({ topics }) => topics.includes(topic))
  return {
    count: readers.length,
    earlier: readers.filter(({ makesClaims }) => !makesClaims).map(nameOf),
  }
}

export function nameOf({ clientId, host }: Pick<SeenMember, 'clientId' | 'host'>): string {
  return `${clientId} at ${host}`
}

function stillJoining(consumerGroup: string): string {
  return (
    `consumer group ${consumerGroup} has been joining for ${SETTLED_WITHIN_MS / 1_000} s, and tells of no members ` +
    'meanwhile: run it again when the consumers have been exchanged'
  )
}
