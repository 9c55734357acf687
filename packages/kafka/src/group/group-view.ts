import type { Logger } from '@custom-events/runtime'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { Backlog } from '../consumer/consumer-port.ts'
import { foreignTrouble, judgeGroup, unassignedTrouble, type SeenMember } from './group-judge.ts'
import { describeKafkaError, kafkaVerdict } from '../errors/kafka-errors.ts'
import type { TopicPartition } from '../records.ts'
import { createUpgradeTeller } from './upgrade-teller.ts'
import { isWorthTelling, type TroubleBoard } from './trouble-board.ts'

/** What is known of a group, from looks at it of which any may fail. */
export interface GroupView {
  /** Empty when no look has shown it lately. */
  readonly backlog: readonly Backlog[]
  /** `null`: unknown. */
  readonly foreignMembers: number | null
  /** `null`: unknown. */
  readonly earlierMembers: number | null
  sawBacklog(backlog: readonly Backlog[]): void
  /** @param members `null`: the group is joining, or empty; whoever cannot join says so itself. */
  sawMembers(partitions: readonly TopicPartition[], members: readonly SeenMember[] | null): void
  /** All that was asked for was answered. */
  looked(): void
  failed(error: unknown): void
}

/** What is as old as this is not known any more. */
export const FRESH_MS = 30_000
/** Joining stops nobody from reading, but the one that is to let go of something may take its time: the next, if it helps nothing, waits twice as long. */
export const JOIN_AGAIN_MS = { first: 30_000, most: 960_000 }

export function createGroupView(options: {
  readonly consumerGroup: string
  readonly topics: readonly string[]
  readonly board: TroubleBoard
  readonly log: Pick<Logger, 'warn' | 'info' | 'debug'>
  /** Called when partitions stay nobody's and only members like us are there: Kafka shares them out when somebody joins. */
  readonly joinAgain: () => void
  /** Milliseconds of a clock that never jumps. @default performance.now */
  readonly now?: () => number
}): GroupView {
  const { consumerGroup, topics, board, log, joinAgain, now = () => performance.now() } = options
  let backlog: readonly Backlog[] = []
  let backlogAt = -Infinity
  let foreignMembers: number | null = null
  let earlierMembers: number | null = null
  let membersAt = -Infinity
  let unassignedBefore = new Set<string>()
  let joinsAgainAt = -Infinity
  let joinAgainMs = JOIN_AGAIN_MS.first
  let failing: { readonly since: number; times: number; isTold: boolean } | null = null

  const upgrade = createUpgradeTeller(consumerGroup, log)

  /** A trouble that nobody can look at may be over, or not: it is neither told on nor said to be over. */
  const forgetOldMembers = (): void => {
    if (now() - membersAt <= FRESH_MS) return
    foreignMembers = null
    earlierMembers = null
    board.forget('foreign/')
    board.forget('unassigned/')
  }

  /** Those that are not like us would not heed what we say, or would take the partitions again. */
  const joinForLasting = (lasting: readonly TopicPartition[]): void => {
    if (lasting.length === 0) joinAgainMs = JOIN_AGAIN_MS.first
    if (lasting.length === 0 || foreignMembers !== 0 || earlierMembers !== 0) return
    if (now() < joinsAgainAt) return
    joinsAgainAt = now() + joinAgainMs
    joinAgainMs = Math.min(2 * joinAgainMs, JOIN_AGAIN_MS.most)
    log.info(
      { consumerGroup, partitions: lasting.map(partitionKey) },
      'partitions are given to nobody: joining again',
    )
    joinAgain()
  }

  return {
    get backlog() {
      return now() - backlogAt > FRESH_MS ? [] : backlog
    },
    get foreignMembers() {
      return now() - membersAt > FRESH_MS ? null : foreignMembers
    },
    get earlierMembers() {
      return now() - membersAt > FRESH_MS ? null : earlierMembers
    },
    sawBacklog: (seen) => {
      backlog = seen
      backlogAt = now()
    },
    sawMembers: (partitions, members) => {
      if (members === null) return forgetOldMembers()
      membersAt = now()
      const { foreign, earlier, unassigned } = judgeGroup(topics, partitions, members)
      foreignMembers = foreign.length
      earlierMembers = earlier.length
      upgrade.saw(earlier)
      const keyOfMember = ({ memberId }: SeenMember): string => `foreign/${memberId}`
      for (const each of foreign) {
        board.found(keyOfMember(each), foreignTrouble(consumerGroup, each))
      }
      // Seen twice: metadata of a partition that was just added comes before its assignment.
      const lasting = unassigned.filter((each) => unassignedBefore.has(partitionKey(each)))
      unassignedBefore = new Set(unassigned.map(partitionKey))
      const keyOfPlace = (each: TopicPartition): string => `unassigned/${partitionKey(each)}`
      for (const each of lasting) {
        board.found(keyOfPlace(each), unassignedTrouble(consumerGroup, each))
      }
      board.retain('foreign/', new Set(foreign.map(keyOfMember)))
      board.retain('unassigned/', new Set(lasting.map(keyOfPlace)))
      joinForLasting(lasting)
    },
    looked: () => {
      if (failing?.isTold === true) log.info({ consumerGroup }, 'the consumer group is seen again')
      failing = null
    },
    failed: (error) => {
      log.debug({ err: error }, 'the consumer group cannot be looked at')
      failing ??= { since: now(), times: 0, isTold: false }
      failing.times++
      forgetOldMembers()
      const { class: what, code, cause } = kafkaVerdict(error)
      const so = { times: failing.times, lastsMs: now() - failing.since }
      if (failing.isTold || !isWorthTelling(what, so)) return
      failing.isTold = true
      const why = describeKafkaError(error, `consumer group ${consumerGroup}`)
      log.warn(
        { consumerGroup, code, cause },
        `the consumer group cannot be looked at: its lag and its members are unknown: ${why}`,
      )
    },
  }
}
