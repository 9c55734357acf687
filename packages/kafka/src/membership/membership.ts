import { setTimeout as delay } from 'node:timers/promises'
import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { forgottenAs, isRebalancing } from '../consumer/consumer-errors.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import { KafkaCodeError, kafkaVerdict } from '../errors/kafka-errors.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { tellingCluster } from '../kafkajs/kept-cluster.ts'
import type { TopicPartition } from '../records.ts'
import { joinWithHeartbeats } from './beside-join.ts'
import type { InstanceName } from '../group/instance-name.ts'
import type { Told } from '../group/ownership.ts'
import { joinOnce } from './join-once.ts'
import type { Membership } from './membership-port.ts'
import { createCoordinator } from '../group/named-coordinator.ts'
import type { IsRead } from '../shards/shards.ts'

/** What we know of our place; nothing of it is true any more when the group has forgotten us. */
interface Place {
  readonly memberId: string
  readonly generation: number
  readonly assigned: readonly TopicPartition[]
  /** The generation in which that was assigned. */
  readonly assignedIn: number
  readonly mayReadOn: boolean
}

const NO_PLACE: Place = {
  memberId: '',
  generation: -1,
  assigned: [],
  assignedIn: -1,
  mayReadOn: false,
}
const UNKNOWN_MEMBER_ID = 25
const JOIN_ATTEMPTS = 4
const JOIN_AGAIN_MS = 100

export function createMembership(options: {
  readonly cluster: RawCluster
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  readonly isRead: IsRead
  readonly times: Readonly<
    Record<'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'heartbeatMs', number>
  >
  readonly name: InstanceName
  /** A cluster to join over. @default of kafkajs */
  readonly connectAside?: typeof tellingCluster
  /** Aborted when nobody waits for the group any more. */
  readonly closing: AbortSignal
  readonly log: Logger
}): Membership {
  const { cluster, kafka, consumerGroup: groupId, topics, times, name, closing, log } = options
  const { connectAside = tellingCluster } = options
  const coordinator = createCoordinator({ cluster, groupId, name })
  let place = NO_PLACE
  /** Synced and not yet told to who reads. */
  let untaken: readonly TopicPartition[] | null = null
  let isJoinDue = false
  let isJoining = false
  /** Which broker of the list is asked first; after a failure the next. */
  let turn = 0

  const forgottenOn = (error: unknown): void => {
    const why = forgottenAs(error)
    if (why === null) return
    if (why === 'fenced') name.taken()
    place = NO_PLACE
    untaken = null
    isJoinDue = false
  }

  /** @throws when there is none: Kafka takes the commit of nobody in particular, where nobody is a member. */
  const ourPlace = (): Place => {
    if (place.memberId === '') throw new KafkaCodeError(UNKNOWN_MEMBER_ID)
    return place
  }

  /** Which broker knows us; that the group joins is why we ask, and in between it may be a generation further. */
  const whoKnowsUs = async (): Promise<number | null> => {
    const { memberId, generation: groupGenerationId } = place
    if (memberId === '') return null
    const broker = await coordinator.find()
    try {
      await broker.heartbeat({ groupId, groupGenerationId, memberId })
    } catch (error) {
      const { code } = kafkaVerdict(error)
      if (code === 'ILLEGAL_GENERATION') return null
      if (code !== 'REBALANCE_IN_PROGRESS') {
        coordinator.forget()
        throw error
      }
    }
    return broker.nodeId
  }

  /**
   * Kafka gives whoever comes under the name of a dead one what that one had, and nobody is asked to join. So nobody reads what
   * the dead one did not read and we do, nor what it was to let go of. The next join makes other claims, so Kafka has everybody
   * join.
   */
  const isOutdated = ({ topics: taken, memberId, isUnfinished }: Told): boolean =>
    (taken !== null && new Set(taken).symmetricDifference(new Set(topics)).size > 0) ||
    (isUnfinished && memberId !== null && memberId !== place.memberId)

  const joinAndSync = async (signal: AbortSignal, onHeard: () => void): Promise<void> => {
    const { mayReadOn: isHeld, assignedIn, memberId } = place
    const owned = isHeld ? place.assigned : [] // else all of it was let go of, as whoever assigns expects
    const aside = connectAside(startingAt(kafka, turn), log)
    const synced = await joinWithHeartbeats({
      ...times,
      heartbeat: whoKnowsUs,
      onHeard,
      join: (givenUp, onCoordinator) =>
        joinOnce({
          ...options,
          aside,
          groupId,
          memberId,
          claim: { generation: assignedIn, owned },
          onCoordinator,
          onJoined: (joined) => {
            place = { ...place, ...joined }
            onHeard()
          },
          signal: AbortSignal.any([signal, givenUp]),
        }),
    })
    const { assigned, told, generation } = synced
    const isKept = new Set(assigned.map(partitionKey))
    // Others get what we lose when we join again without it.
    isJoinDue = owned.some((each) => !isKept.has(partitionKey(each))) || isOutdated(told)
    place = { ...place, assigned, assignedIn: generation, mayReadOn: told.mayReadOn }
    untaken = assigned
  }

  /** Another rebalance may begin before this one has ended. */
  const joinPatiently = async (signal: AbortSignal, onHeard = (): void => {}): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      isJoining = true
      try {
        return await joinAndSync(signal, onHeard)
      } catch (error) {
        turn++
        forgottenOn(error)
        coordinator.forget()
        if (!isRebalancing(error) || attempt === JOIN_ATTEMPTS || signal.aborted) throw error
        await delay(JOIN_AGAIN_MS * attempt, null, { signal })
      } finally {
        isJoining = false
      }
    }
  }

  return {
    get isJoinDue() {
      return isJoinDue
    },
    get isMember() {
      return place.memberId !== ''
    },
    join: async () => {
      if (untaken === null) {
        await joinPatiently(closing).catch((error: unknown) => {
          if (forgottenAs(error) === null) throw error
          return joinPatiently(closing) // as a new one, nothing being read
        })
      }
      const assigned = untaken ?? []
      untaken = null
      return assigned
    },
    joinAgain: () => {
      if (place.memberId !== '') isJoinDue = true
    },
    joinAside: async (signal, onHeard) => {
      const before = new Set(place.assigned.map(partitionKey))
      await joinPatiently(signal, onHeard)
      const isSame =
        before.symmetricDifference(new Set(place.assigned.map(partitionKey))).size === 0
      if (isSame) untaken = null
      return isSame
    },
    heartbeat: async () => {
      if (isJoining) return // with heartbeats of its own
      const { memberId, generation: groupGenerationId } = ourPlace()
      try {
        await (await coordinator.find()).heartbeat({ groupId, groupGenerationId, memberId })
      } catch (error) {
        coordinator.forget()
        if (place.memberId !== memberId || place.generation !== groupGenerationId) return // told of another place
        if (place.mayReadOn && isRebalancing(error)) return void (isJoinDue = true)
        forgottenOn(error)
        throw error
      }
    },
    commit: async (offsets) => {
      const { memberId, generation: groupGenerationId } = ourPlace()
      try {
        const broker = await coordinator.find()
        await broker.offsetCommit({ groupId, groupGenerationId, memberId, topics: offsets })
      } catch (error) {
        coordinator.forget()
        throw error
      }
    },
    leave: async () => {
      const { memberId } = place
      if (memberId === '') return
      place = NO_PLACE
      await (await coordinator.find()).leaveGroup({ groupId, memberId })
    },
  }
}
