import { setTimeout as delay } from 'node:timers/promises'
import type { OffsetsOfTopic, RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { forgottenAs, isRebalancing } from '../consumer/consumer-errors.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { tellingCluster } from '../kafkajs/kept-cluster.ts'
import type { TopicPartition } from '../records.ts'
import { assign, protocolOf, readAssignment } from './consumer-assigner.ts'
import type { InstanceName } from './instance-name.ts'
import { createCoordinator } from './named-coordinator.ts'

/** Our place in the group: Kafka's classic protocol, with a name (KIP-345), and claims as in KIP-429. */
export interface Membership {
  /** The group joins anew, or waits for us to: we have let go of what it wants to give to others. */
  readonly isJoinDue: boolean
  /**
   * What is ours from now on: brought by `joinAside`, or else by joining now.
   *
   * @throws what Kafka says.
   */
  join(): Promise<readonly TopicPartition[]>
  /**
   * Joins while what we have is read on; the next `join` brings what it is now.
   *
   * @returns whether it is the same as before. @throws what Kafka says, and when `signal` is aborted.
   */
  joinAside(signal: AbortSignal): Promise<boolean>
  /** @throws what Kafka says, but not that the group joins anew when we may read on meanwhile: `isJoinDue` says so. */
  heartbeat(): Promise<void>
  commit(topics: readonly OffsetsOfTopic[]): Promise<void>
  /** Gives the place away, that of a name too. */
  leave(): Promise<void>
}

/** What we know of it; nothing of it is true any more when the group has forgotten us. */
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
const JOIN_ATTEMPTS = 4
const JOIN_AGAIN_MS = 100

export function createMembership(options: {
  readonly cluster: RawCluster
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  readonly times: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number }
  readonly name: InstanceName
  /** Aborted when nobody waits for the group any more. */
  readonly closing: AbortSignal
  readonly log: Logger
}): Membership {
  const { cluster, kafka, consumerGroup: groupId, topics, times, name, closing, log } = options
  const coordinator = createCoordinator({ cluster, groupId, name })
  let place = NO_PLACE
  /** Synced and not yet told to who reads. */
  let untaken: readonly TopicPartition[] | null = null
  let isJoinDue = false

  const forgottenOn = (error: unknown): void => {
    const why = forgottenAs(error)
    if (why === null) return
    if (why === 'fenced') name.taken()
    place = NO_PLACE
    untaken = null
    isJoinDue = false
  }

  /** Over a connection of its own: a broker answers in turn, and a commit would wait until everybody has joined. */
  const joinAndSync = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    const aside = tellingCluster(kafka, log)
    const onAbort = (): void => void aside.disconnect().catch(() => {})
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await aside.connect()
      await aside.addMultipleTargetTopics(topics)
      const broker = await createCoordinator({ cluster: aside, groupId, name }).find()
      const { sessionTimeoutMs: sessionTimeout, rebalanceTimeoutMs: rebalanceTimeout } = times
      const { mayReadOn: isHeld, assignedIn } = place
      const owned = isHeld ? place.assigned : [] // else all of it was let go of, as whoever assigns expects
      const { memberId, generationId, leaderId, members } = await broker.joinGroup({
        groupId,
        sessionTimeout,
        rebalanceTimeout,
        memberId: place.memberId,
        groupProtocols: [protocolOf(topics, { generation: assignedIn, owned })],
      })
      signal.throwIfAborted()
      place = { ...place, memberId, generation: generationId }
      const groupAssignment = leaderId === memberId ? await assign(cluster, members) : []
      const synced = await broker.syncGroup({ groupId, generationId, memberId, groupAssignment })
      signal.throwIfAborted()
      const { assigned, mayReadOn } = readAssignment(synced.memberAssignment, topics)
      const isKept = new Set(assigned.map(partitionKey))
      // Others get what we lose when we join again without it.
      isJoinDue = owned.some((each) => !isKept.has(partitionKey(each)))
      place = { ...place, assigned, assignedIn: generationId, mayReadOn }
      untaken = assigned
    } finally {
      signal.removeEventListener('abort', onAbort)
      await aside.disconnect().catch(() => {})
    }
  }

  /** Another rebalance may begin before this one has ended. */
  const joinPatiently = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await joinAndSync(signal)
      } catch (error) {
        forgottenOn(error)
        coordinator.forget()
        if (!isRebalancing(error) || attempt === JOIN_ATTEMPTS || signal.aborted) throw error
        await delay(JOIN_AGAIN_MS * attempt, null, { signal })
      }
    }
  }

  return {
    get isJoinDue() {
      return isJoinDue
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
    joinAside: async (signal) => {
      const before = new Set(place.assigned.map(partitionKey))
      await joinPatiently(signal)
      const isSame =
        before.symmetricDifference(new Set(place.assigned.map(partitionKey))).size === 0
      if (isSame) untaken = null
      return isSame
    },
    heartbeat: async () => {
      const { memberId, generation: groupGenerationId } = place
      if (memberId === '') return
      try {
        await (await coordinator.find()).heartbeat({ groupId, groupGenerationId, memberId })
      } catch (error) {
        coordinator.forget()
        if (place.mayReadOn && isRebalancing(error)) return void (isJoinDue = true)
        forgottenOn(error)
        throw error
      }
    },
    commit: async (offsets) => {
      const { memberId, generation: groupGenerationId } = place
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
