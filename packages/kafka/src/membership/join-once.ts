import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import { hangUp } from '../kafkajs/hang-up.ts'
import type { TopicPartition } from '../records.ts'
import { assign, protocolOf, readAssignment } from '../group/consumer-assigner.ts'
import type { InstanceName } from '../group/instance-name.ts'
import { createCoordinator } from '../group/named-coordinator.ts'
import type { Claim, Told } from '../group/ownership.ts'
import type { IsRead } from '../shards/shards.ts'

/** Beyond a session: should the member that assigns die meanwhile, Kafka says so to the others after its session. */
const SYNC_MARGIN_MS = 5_000

export interface JoinOptions {
  /** Not connected yet, and closed afterwards: a broker answers in turn, and a commit would wait until everybody has joined. */
  readonly aside: RawCluster
  /** Knows the topics of all members, should we be the one who assigns. */
  readonly cluster: RawCluster
  readonly groupId: string
  readonly topics: readonly string[]
  /** Of their partitions, by this group. */
  readonly isRead: IsRead
  readonly times: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number }
  readonly name: InstanceName
  /** Empty: as a new one. */
  readonly memberId: string
  readonly claim: Claim
  /** Told which broker is asked to be joined, and waited for. */
  readonly onCoordinator: (nodeId: number) => void
  /** Told before it is known what is assigned. */
  readonly onJoined: (joined: { readonly memberId: string; readonly generation: number }) => void
  /** Given up at once when aborted; nothing is told after that. */
  readonly signal: AbortSignal
}

export interface Synced {
  readonly assigned: readonly TopicPartition[]
  readonly generation: number
  readonly told: Told
}

/** One attempt to join. @throws what Kafka says, and the reason of `signal`. */
export async function joinOnce(options: JoinOptions): Promise<Synced> {
  const { aside, signal } = options
  signal.throwIfAborted()
  const cut = Promise.withResolvers<never>()
  const onAbort = (): void => {
    cut.reject(signal.reason)
    hangUp(aside)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([joinAndSync(options), cut.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function joinAndSync(options: JoinOptions): Promise<Synced> {
  const { aside, cluster, groupId, topics, isRead, times, name, claim, signal } = options
  try {
    await aside.connect()
    await aside.addMultipleTargetTopics(topics)
    const syncWithinMs = times.sessionTimeoutMs + SYNC_MARGIN_MS
    const broker = await createCoordinator({ cluster: aside, groupId, name, syncWithinMs }).find()
    signal.throwIfAborted()
    options.onCoordinator(broker.nodeId)
    const { memberId, generationId, leaderId, members } = await broker.joinGroup({
      groupId,
      sessionTimeout: times.sessionTimeoutMs,
      rebalanceTimeout: times.rebalanceTimeoutMs,
      memberId: options.memberId,
      groupProtocols: [protocolOf(topics, claim)],
    })
    signal.throwIfAborted()
    options.onJoined({ memberId, generation: generationId })
    const groupAssignment = leaderId === memberId ? await assign(cluster, members, isRead) : []
    const synced = await broker.syncGroup({ groupId, generationId, memberId, groupAssignment })
    return { ...readAssignment(synced.memberAssignment, topics, isRead), generation: generationId }
  } finally {
    await aside.disconnect().catch(() => {})
  }
}
