import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { partitionKey, partitionStates } from '../consumer/consumer-offsets.ts'
import type { Backlog } from '../consumer/consumer-port.ts'
import type { PartitionState } from '../consumer/consumer-positions.ts'
import { pause } from '../membership/pause.ts'
import { membersOf } from './group-members.ts'
import { createGroupView, type GroupView } from './group-view.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { tellingCluster } from '../kafkajs/kept-cluster.ts'
import { knownTopics } from '../fetch/leader-offsets.ts'
import { writtenAt } from '../fetch/oldest-unread.ts'
import { topicRetention, type Retention } from '../topics/topic-retention.ts'
import type { IsRead } from '../shards/shards.ts'
import type { TroubleBoard } from './trouble-board.ts'

const LOOK_EVERY_MS = 5_000
const RETENTION_EVERY_MS = 60_000
/** Each costs a batch of records; partitions beyond keep the older time that is known, and come next. */
const TIMES_A_LOOK = 8

/** What is known of the group now; unknown is empty, or null. */
export type GroupWatch = Pick<GroupView, 'backlog' | 'foreignMembers' | 'earlierMembers'> &
  AsyncDisposable

interface Age {
  readonly offset: number
  readonly writtenMs: number | null
}

/**
 * Looks at the whole group from outside, over a connection of its own: what a member sees of itself is worth
 * nothing exactly when it is not a member, or was given nothing.
 */
export function watchGroup(options: {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  /** What others read is neither behind here nor given to nobody. */
  readonly isRead: IsRead
  readonly board: TroubleBoard
  readonly joinAgain: () => void
  readonly log: Logger
}): GroupWatch {
  const { consumerGroup, topics, isRead, log } = options
  const closing = new AbortController()
  const ages = new Map<string, Age>()
  let retentionByTopic: ReadonlyMap<string, Retention> = new Map()
  let retentionAskedAt = -Infinity
  const view = createGroupView(options)

  const look = async (cluster: RawCluster): Promise<void> => {
    await cluster.refreshMetadata()
    const partitions = knownTopics(cluster, topics).flatMap(({ topic, partitions: of }) =>
      of.map((partition) => ({ topic, partition })).filter(isRead),
    )
    // What waits behind a transaction that nobody ends waits, too.
    const { states } = await partitionStates(cluster, consumerGroup, partitions, 'written')
    await learnAges(cluster, states, ages)
    if (performance.now() - retentionAskedAt > RETENTION_EVERY_MS) {
      retentionByTopic = await topicRetention(cluster, topics)
      retentionAskedAt = performance.now()
    }
    view.sawBacklog(states.map((each) => backlogOf(each, ages, retentionByTopic)))
    const members = await membersOf(cluster, consumerGroup)
    // Whoever is not in it says so itself.
    view.sawMembers(partitions, members?.length === 0 ? null : members)
    view.looked()
  }

  const run = async (): Promise<void> => {
    for (let turn = 0; !closing.signal.aborted; turn++) {
      const cluster = tellingCluster(startingAt(options.kafka, turn), log)
      try {
        await cluster.connect()
        await cluster.addMultipleTargetTopics(topics)
        while (!closing.signal.aborted) {
          await look(cluster)
          await pause(LOOK_EVERY_MS, closing.signal)
        }
      } catch (error) {
        if (!closing.signal.aborted) view.failed(error)
      }
      await cluster.disconnect().catch(() => {})
      await pause(LOOK_EVERY_MS, closing.signal)
    }
  }

  const running = run()
  return {
    get backlog() {
      return view.backlog
    },
    get foreignMembers() {
      return view.foreignMembers
    },
    get earlierMembers() {
      return view.earlierMembers
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await running
    },
  }
}

const nextOf = ({ committed, earliest }: PartitionState): number =>
  Math.max(committed ?? earliest, earliest)

async function learnAges(
  cluster: RawCluster,
  states: readonly PartitionState[],
  ages: Map<string, Age>,
): Promise<void> {
  const unknown = states.filter(
    (each) => nextOf(each) < each.latest && ages.get(partitionKey(each))?.offset !== nextOf(each),
  )
  // Those that were asked about longest ago come first: a Map keeps the order in which it was filled.
  const order = [...ages.keys()]
  const byTurn = unknown.toSorted(
    (a, b) => order.indexOf(partitionKey(a)) - order.indexOf(partitionKey(b)),
  )
  for (const each of byTurn.slice(0, TIMES_A_LOOK)) {
    const { topic, partition } = each
    const offset = nextOf(each)
    const writtenMs = await writtenAt(cluster, { topic, partition, offset }).catch(() => null)
    ages.delete(partitionKey(each))
    ages.set(partitionKey(each), { offset, writtenMs })
  }
}

function backlogOf(
  state: PartitionState,
  ages: ReadonlyMap<string, Age>,
  retentionByTopic: ReadonlyMap<string, Retention>,
): Backlog {
  const { topic, partition, latest } = state
  const lag = Math.max(0, latest - nextOf(state))
  const oldestMs = lag === 0 ? null : (ages.get(partitionKey(state))?.writtenMs ?? null)
  const { ms: retentionMs = null, bytes: retentionBytes = null } = retentionByTopic.get(topic) ?? {}
  return { topic, partition, lag, oldestMs, retentionMs, retentionBytes }
}
