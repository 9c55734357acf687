import type { Logger } from '@custom-events/runtime'
import type { MemoryBudget } from './consumer-budget.ts'
import { forgottenAs, groupErrorOf } from './consumer-errors.ts'
import type { GroupMember, GroupTimes } from './consumer-group.ts'
import { partitionKey, type PartitionStates } from './consumer-offsets.ts'
import type { FetchedRecords } from './consumer-port.ts'
import { readKey, readPartitions, type EndOfAssignment } from './consumer-reading.ts'
import { pause } from '../membership/pause.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import type { TopicPartition } from '../records.ts'
import type { TroubleBoard } from '../group/trouble-board.ts'
import type { WaitingPace } from './waiting-pace.ts'

export type { EndOfAssignment } from './consumer-reading.ts'

/** What happens during an assignment, told synchronously. */
export interface AssignmentHooks {
  readonly onRecords: (fetched: FetchedRecords) => void
  /** Called once, when the assignment ends; heartbeats go on until it resolves. */
  readonly onEnding: (end: EndOfAssignment) => Promise<void>
  /** The group has forgotten us, while this was read or while it was ending. May be told again. */
  readonly onExpelled: () => void
}

/** How soon added partitions, topics made or granted, and lost leaders are heard of. */
const METADATA_EVERY_MS = 5_000
const WAITING_EVERY_MS = 2_000
const LEADER_NOT_AVAILABLE = 5

/** Reads the assigned partitions and keeps the membership alive, until the assignment ends. */
export async function liveAssignment(options: {
  readonly member: GroupMember
  readonly consumerGroup: string
  readonly times: GroupTimes
  readonly budget: MemoryBudget
  readonly board: TroubleBoard
  /** Assigned partitions of which nothing could be learnt; they are asked about until it works. */
  readonly waiting: readonly TopicPartition[]
  /** Shared by all assignments. */
  readonly pace: WaitingPace
  readonly closing: AbortSignal
  /** Aborted by who takes the records, to have the assignment anew. @default never */
  readonly rejoining?: AbortSignal
  readonly log: Logger
  readonly hooks: AssignmentHooks
  /** Milliseconds of a clock that never jumps. @default performance.now */
  readonly now?: () => number
}): Promise<EndOfAssignment> {
  const { member, times, budget, board, log, hooks, now = () => performance.now() } = options
  const ending = new AbortController()
  const released = new AbortController()
  const end = (why: EndOfAssignment): void => ending.abort(why)
  const onClosing = (): void => end('closing')
  options.closing.addEventListener('abort', onClosing, { once: true })
  if (options.closing.aborted) end('closing')
  const onRejoining = (): void => end('rejoin')
  options.rejoining?.addEventListener('abort', onRejoining, { once: true })
  if (options.rejoining?.aborted === true) onRejoining()

  /** Joins when the group does, and reads on; ends the assignment only when it is another one then. */
  const joinAside = async (onHeard: () => void): Promise<void> => {
    if (!(await member.joinAside(released.signal, onHeard))) end('rejoin')
  }

  /** A rebalance is heard of here; while the work in hand is finished, heartbeats keep the place. */
  const heartbeats = async (): Promise<void> => {
    const resource = `consumer group ${options.consumerGroup}`
    const mayJoin = (): boolean => member.isJoinDue && !ending.signal.aborted
    let lastOkAt = now()
    const onHeard = (): void => void (lastOkAt = now())
    let failingSince = Infinity
    for (let failures = 0; !released.signal.aborted;) {
      if (!mayJoin() || failures > 0) await pause(times.heartbeatMs, released.signal)
      try {
        await (mayJoin() ? joinAside(onHeard) : member.heartbeat())
        onHeard()
        failures = 0
        failingSince = Infinity
        board.cleared('group')
      } catch (error) {
        if (released.signal.aborted) return
        failures++
        failingSince = Math.min(failingSince, now())
        log.debug({ err: error }, 'heartbeat failed')
        const meaning = groupErrorOf(error)
        const nowhere = { topic: null, partition: null, offset: null }
        if (meaning !== 'rejoin') board.failed('group', { ...nowhere, error, resource })
        if (forgottenAs(error) !== null) {
          hooks.onExpelled()
          end('expelled')
        } else if (meaning === 'rejoin') end('rejoin')
        else if (
          meaning === 'refused' ||
          now() - Math.min(lastOkAt, failingSince) > times.sessionTimeoutMs
        )
          end('lost')
      }
    }
  }

  const isWaiting = new Set(options.waiting.map(partitionKey))
  const metadata = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      noteTopics(member, board, isWaiting)
      await pause(METADATA_EVERY_MS, ending.signal)
      if (!ending.signal.aborted) await member.refresh(null).catch(() => {})
    }
  }

  /** A partition that can be read now is read from a new assignment on, which is not to be had too often. */
  const waitingOnes = async (): Promise<void> => {
    while (!ending.signal.aborted && options.waiting.length > 0) {
      await pause(WAITING_EVERY_MS, ending.signal)
      if (ending.signal.aborted) return
      await member.refresh(null).catch(() => {})
      const found = await member.states(options.waiting).catch(() => null)
      if (found === null) continue
      noteWaiting(found, board)
      if (options.pace.looked(found.states)) end('rejoin')
    }
  }

  const reading = readPartitions({
    member,
    budget,
    board,
    sessionTimeoutMs: times.sessionTimeoutMs,
    ending: ending.signal,
    end,
    onRecords: hooks.onRecords,
    log,
    now,
  })
  const ended = Promise.withResolvers<EndOfAssignment>()
  const onEnding = (): void => ended.resolve(ending.signal.reason as EndOfAssignment) // set by `end`
  if (ending.signal.aborted) onEnding()
  else ending.signal.addEventListener('abort', onEnding, { once: true })
  const loops = [heartbeats(), reading, metadata(), waitingOnes()]
  const why = await ended.promise
  options.closing.removeEventListener('abort', onClosing)
  await hooks.onEnding(why)
  released.abort()
  await Promise.all(loops)
  return why
}

/**
 * What was noted of partitions that went to others is over; so is that of those out of range, where only a person
 * can say go on, and nothing is read that could clear it.
 */
export function noteStart(
  board: TroubleBoard,
  start: {
    readonly assigned: readonly TopicPartition[]
    readonly outOfRange: readonly TopicPartition[]
  },
): void {
  const lost = new Set(start.outOfRange.map(readKey))
  board.retain('read/', new Set(start.assigned.map(readKey)).difference(lost))
}

/** Notes what cannot be asked about, and clears what can. */
export function noteWaiting(found: PartitionStates, board: TroubleBoard): void {
  for (const failure of found.refused) {
    const { topic, partition, offset } = failure
    board.failed(readKey(failure), { topic, partition, offset, error: failure })
  }
}

/**
 * Topics that may not be seen or are not there, and assigned partitions that nobody leads; of those that
 * wait it is known.
 */
function noteTopics(
  member: GroupMember,
  board: TroubleBoard,
  isWaiting: ReadonlySet<string>,
): void {
  const assigned = new Set(member.assigned().map(partitionKey))
  const failing = new Set<string>()
  const fails = (key: string, place: { topic: string; partition: number | null }, error: Error) => {
    failing.add(key)
    board.failed(key, { ...place, offset: null, error })
  }
  for (const { topic, leaderless, error } of member.topics()) {
    if (error !== null) fails(`topic/${topic}`, { topic, partition: null }, error)
    for (const partition of leaderless) {
      const place = { topic, partition }
      const key = partitionKey(place)
      if (!assigned.has(key) || isWaiting.has(key)) continue
      fails(`leader/${key}`, place, new KafkaCodeError(LEADER_NOT_AVAILABLE))
    }
  }
  board.retain('topic/', failing)
  board.retain('leader/', failing)
}
