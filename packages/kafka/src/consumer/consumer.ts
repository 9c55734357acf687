import { setTimeout as delay } from 'node:timers/promises'
import { fullJitter, type Logger } from '@custom-events/runtime'
import type { MemoryBudget } from './consumer-budget.ts'
import { connectMember, type GroupMember, type GroupTimes } from './consumer-group.ts'
import { partitionKey } from './consumer-offsets.ts'
import { liveAssignment, noteStart, noteWaiting, type EndOfAssignment } from './consumer-life.ts'
import type { Consumer, GroupPosition, OutOfRange } from './consumer-port.ts'
import {
  cutsToKeep,
  firstCommits,
  startPositions,
  type OnOutOfRange,
} from './consumer-positions.ts'
import { createEventQueue } from './consumer-queue.ts'
import { handOver } from './hand-over.ts'
import { describeKafkaError } from '../errors/kafka-errors.ts'
import { watchGroup } from '../group/group-watch.ts'
import { NO_NAME, type InstanceName } from '../group/instance-name.ts'
import { joinKnowing } from '../group/join-knowing.ts'
import { keepPlace } from '../membership/keep-place.ts'
import { createKnownLost } from './known-lost.ts'
import { startingAt, type KafkaConfig } from '../kafkajs/kafka-config.ts'
import { describeAllOutOfRange } from '../fetch/lost-records.ts'
import { tellThrottled } from '../errors/throttling.ts'
import { createTroubleBoard } from '../group/trouble-board.ts'
import { READS_ALL, type IsRead } from '../shards/shards.ts'
import { createWaitingPace } from './waiting-pace.ts'

export interface ConsumerOptions {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  /** Which of their partitions the group reads, the same for all of its members. @default all */
  readonly isRead?: IsRead
  /** Fetching pauses when it is used up; records taken are given back by the taker. */
  readonly budget: MemoryBudget
  readonly onOutOfRange: OnOutOfRange
  /** Of the process, whatever it reads: a killed one that is started again under it has its place back. @default none */
  readonly name?: InstanceName
  readonly log: Logger
  /** @default 6 s session, 60 s rebalance, heartbeat every 300 ms, fetches wait up to 250 ms */
  readonly times?: Partial<GroupTimes>
}

const TIMES: GroupTimes = {
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 300,
  fetchWaitMs: 250,
}
const RECONNECT = { baseMs: 250, maxMs: 5_000 }
/** Share of the rebalance timeout within which the work in hand must be finished. */
const RELEASE_WITHIN = 0.7

/** The key under which it is noted that the group refuses us: to join, or to stay. */
const JOINING = 'group'

/** Joins in the background and stays a member for ever: every failure ends in joining again. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { budget, log } = options
  const times = { ...TIMES, ...options.times }
  const releaseWithinMs = times.rebalanceTimeoutMs * RELEASE_WITHIN
  const closing = new AbortController()
  const queue = createEventQueue()
  const board = createTroubleBoard({ log })
  const pace = createWaitingPace()
  const onThrottled = tellThrottled({ log })
  const { consumerGroup, isRead = READS_ALL, name = NO_NAME } = options
  let member: GroupMember | null = null
  let epoch = 0
  let lost = createKnownLost([])
  let rejoining = new AbortController()
  let notReadyReason: string | null = 'connecting to Kafka'

  /** Joins, and learns where to read from. `null`: to be had again. */
  const begin = async (joined: GroupMember) => {
    const found = await joinKnowing(joined)
    if (found === null) return null
    const starts = startPositions(found.states, options.onOutOfRange)
    await joined.start(starts.positions)
    const cuts = await cutsSeenTwice(joined, starts.outOfRange)
    await commitFirst(joined, [...firstCommits(found.states), ...cuts])
    return { found, ...starts }
  }

  /** One that was the leader, and has not heard that it is not, tells of an end that others have left behind. */
  const cutsSeenTwice = async (joined: GroupMember, outOfRange: readonly OutOfRange[]) => {
    const { onOutOfRange } = options
    const seen = cutsToKeep(outOfRange, onOutOfRange)
    if (seen.length === 0) return []
    await joined.refresh(null).catch(() => {})
    const { states } = await joined.states(seen)
    return cutsToKeep(startPositions(states, onOutOfRange).outOfRange, onOutOfRange)
  }

  const live = async (joined: GroupMember): Promise<EndOfAssignment> => {
    rejoining = new AbortController()
    const begun = await keepPlace(joined, times.heartbeatMs, () => begin(joined))
    if (begun === null) return 'rejoin'
    if (!joined.isMember) return 'expelled' // meanwhile; nothing is in hand yet
    const { found, positions, outOfRange } = begun
    const { states, logs, refused: waiting } = found
    board.cleared(JOINING)
    noteStart(board, { assigned: joined.assigned(), outOfRange })
    noteWaiting(found, board)
    lost = createKnownLost(positions)
    const [revoked, expelled] = [new AbortController(), new AbortController()]
    const mine = ++epoch
    queue.push({
      kind: 'assigned',
      epoch: mine,
      positions,
      logs,
      revoked: revoked.signal,
      expelled: expelled.signal,
      releaseWithinMs,
    })
    if (outOfRange.length > 0 && options.onOutOfRange === 'halt')
      queue.push({ kind: 'outOfRange', epoch: mine, partitions: outOfRange })
    else if (outOfRange.length > 0)
      log.error(
        { partitions: outOfRange },
        `going on with the earliest record that is left, as KAFKA_OUT_OF_RANGE=earliest says: ` +
          describeAllOutOfRange(outOfRange),
      )
    log.info({ epoch: mine, partitions: states.map(partitionKey) }, 'partitions assigned')
    notReadyReason = null
    return liveAssignment({
      member: joined,
      consumerGroup: options.consumerGroup,
      times,
      budget,
      board,
      waiting,
      pace,
      closing: closing.signal,
      rejoining: rejoining.signal,
      log,
      hooks: {
        onRecords: (fetched) => {
          budget.add(fetched.bytes)
          lost.found(fetched)
          queue.push({ kind: 'records', epoch: mine, ...fetched })
        },
        onEnding: async (why) => {
          log.info({ epoch: mine, why }, 'assignment ends')
          notReadyReason = 'joining the consumer group'
          const of = { queue, budget, epoch: mine, revoked }
          await handOver({ ...of, withinMs: releaseWithinMs, closing: closing.signal })
        },
        onExpelled: () => expelled.abort(),
      },
    })
  }

  /** One that fails costs nothing now; the next assignment tries again. */
  const commitFirst = async (joined: GroupMember, offsets: readonly GroupPosition[]) => {
    if (offsets.length === 0) return
    await joined.commit(offsets).catch((err: unknown) => log.debug({ err }, 'commit failed'))
  }

  const noteLost = (error: unknown): void => {
    const resource = `consumer group ${consumerGroup}`
    const nowhere = { topic: null, partition: null, offset: null }
    const failed = board.failed(JOINING, { ...nowhere, error, resource })
    if (failed === 1) log.warn({ err: error }, 'consumer lost Kafka, joining again')
    notReadyReason = describeKafkaError(error, resource)
  }

  const run = async (): Promise<void> => {
    for (let failures = 0, turn = 0; !closing.signal.aborted;) {
      try {
        const kafka = startingAt(options.kafka, turn++)
        member = await connectMember({
          ...options,
          isRead,
          kafka,
          times,
          name,
          closing: closing.signal,
          onThrottled,
        })
        notReadyReason = 'joining the consumer group'
        const goesOn = (after: EndOfAssignment): boolean =>
          isMember(after) && !closing.signal.aborted
        for (let end: EndOfAssignment = 'rejoin'; goesOn(end); failures = 0) {
          end = await live(member)
          if (end === 'lost')
            notReadyReason = 'the place in the consumer group is lost: joining again'
        }
      } catch (error) {
        if (!closing.signal.aborted) noteLost(error)
      }
      await closeMember(member, closing.signal.aborted || name.id === null)
      member = null
      if (closing.signal.aborted) return
      const wait = fullJitter(failures++, RECONNECT)
      await delay(wait, null, { signal: closing.signal }).catch(() => {})
    }
  }

  const running = run()
  const watch = watchGroup({ ...options, isRead, board, joinAgain: () => member?.joinAgain() })
  return {
    fetch: (wait) => queue.take(wait),
    takeRecords: (of) => queue.takeRecords(of),
    commit: async (of, offsets) => {
      if (of !== epoch || member === null) return false
      try {
        await member.commit(offsets.map((offset) => lost.beside(offset)))
        return true
      } catch (error) {
        log.debug({ err: error }, 'commit failed')
        return false
      }
    },
    rejoin: () => rejoining.abort(),
    get notReadyReason() {
      return notReadyReason
    },
    get troubles() {
      return board.troubles
    },
    get isNameTaken() {
      return name.isTaken
    },
    get backlog() {
      return watch.backlog
    },
    get foreignMembers() {
      return watch.foreignMembers
    },
    get earlierMembers() {
      return watch.earlierMembers
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await Promise.all([watch[Symbol.asyncDispose](), running])
      notReadyReason = 'closed'
    },
  }
}

/** Whether the next assignment is had over the same connection. */
function isMember(end: EndOfAssignment): boolean {
  return end === 'rejoin' || end === 'expelled'
}

/**
 * Leaving tells the group at once; without it the partitions rest until the session times out, or until somebody joins under
 * the name of who had them, which this process does next.
 */
async function closeMember(member: GroupMember | null, isLeaving: boolean): Promise<void> {
  if (isLeaving) await member?.leave().catch(() => {})
  await member?.disconnect().catch(() => {})
}
