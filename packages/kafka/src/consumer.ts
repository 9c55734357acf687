import { setTimeout as delay } from 'node:timers/promises'
import { fullJitter, type Logger } from '@custom-events/service'
import type { MemoryBudget } from './consumer-budget.ts'
import { connectMember, type GroupMember, type GroupTimes } from './consumer-group.ts'
import { partitionKey } from './consumer-offsets.ts'
import { liveAssignment, type EndOfAssignment } from './consumer-life.ts'
import type { Consumer, PartitionOffset } from './consumer-port.ts'
import { startPositions, type OnOutOfRange } from './consumer-positions.ts'
import { createEventQueue } from './consumer-queue.ts'
import { startingAt, type KafkaConfig } from './kafka-config.ts'

export interface ConsumerOptions {
  readonly kafka: KafkaConfig
  readonly consumerGroup: string
  readonly topics: readonly string[]
  /** Fetching pauses when it is used up; records taken are given back by the taker. */
  readonly budget: MemoryBudget
  readonly onOutOfRange: OnOutOfRange
  readonly log: Logger
  /** @default 30 s session, 60 s rebalance, heartbeat every 3 s, fetches wait up to 250 ms */
  readonly times?: Partial<GroupTimes>
}

const TIMES: GroupTimes = {
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 3_000,
  fetchWaitMs: 250,
}
const RECONNECT = { baseMs: 250, maxMs: 5_000 }
/** Share of the rebalance timeout within which the work in hand must be finished. */
const RELEASE_WITHIN = 0.7

/** Joins in the background and stays a member for ever: every failure ends in joining again. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { budget, log } = options
  const times = { ...TIMES, ...options.times }
  const releaseWithinMs = times.rebalanceTimeoutMs * RELEASE_WITHIN
  const closing = new AbortController()
  const queue = createEventQueue()
  const endOffsets = new Map<string, number>()
  let member: GroupMember | null = null
  let epoch = 0
  let notReadyReason: string | null = 'connecting to Kafka'

  const rememberEnds = (offsets: readonly PartitionOffset[]): void => {
    for (const each of offsets) {
      const key = partitionKey(each)
      endOffsets.set(key, Math.max(each.offset, endOffsets.get(key) ?? 0))
    }
  }

  const live = async (joined: GroupMember): Promise<EndOfAssignment> => {
    const states = await joined.join()
    const logs = await joined.logs() // after the positions: these are then never of a log that comes later
    const { positions, outOfRange } = startPositions(states, options.onOutOfRange)
    await joined.start(positions)
    const revoked = new AbortController()
    const mine = ++epoch
    endOffsets.clear()
    rememberEnds(
      states.map(({ topic, partition, latest }) => ({ topic, partition, offset: latest })),
    )
    const { signal } = revoked
    queue.push({ kind: 'assigned', epoch: mine, positions, logs, revoked: signal, releaseWithinMs })
    if (outOfRange.length > 0)
      queue.push({ kind: 'outOfRange', epoch: mine, partitions: outOfRange })
    log.info({ epoch: mine, partitions: states.map(partitionKey) }, 'partitions assigned')
    notReadyReason = null
    return liveAssignment({
      member: joined,
      times,
      budget,
      closing: closing.signal,
      log,
      hooks: {
        onRecords: (fetched) => {
          const { topic, partition, next } = fetched
          rememberEnds([{ topic, partition, offset: next }]) // the log is asked only now and then
          budget.add(fetched.bytes)
          queue.push({ kind: 'records', epoch: mine, ...fetched })
        },
        onEndOffsets: rememberEnds,
        onEnding: async (why) => {
          log.info({ epoch: mine, why }, 'assignment ends')
          notReadyReason = 'joining the consumer group'
          await release(mine, revoked, why)
        },
      },
    })
  }

  const release = async (
    ending: number,
    revoked: AbortController,
    why: EndOfAssignment,
  ): Promise<void> => {
    revoked.abort()
    const { bytes, wasTaken } = queue.forget(ending)
    budget.remove(bytes)
    if (!wasTaken || why === 'closing') return
    const released = Promise.withResolvers<void>()
    queue.push({ kind: 'revoked', epoch: ending, release: released.resolve })
    const timer = setTimeout(released.resolve, releaseWithinMs)
    await released.promise
    clearTimeout(timer)
  }

  const run = async (): Promise<void> => {
    for (let failures = 0, turn = 0; !closing.signal.aborted;) {
      try {
        const kafka = startingAt(options.kafka, turn++)
        member = await connectMember({ ...options, kafka, times })
        notReadyReason = 'joining the consumer group'
        for (let end: EndOfAssignment = 'rejoin'; end === 'rejoin'; failures = 0) {
          end = await live(member)
          if (end === 'lost') notReadyReason = 'Kafka is not reachable: no answer for too long'
        }
      } catch (error) {
        const reason = `Kafka is not reachable: ${error instanceof Error ? error.message : String(error)}`
        if (notReadyReason !== reason)
          log.warn({ err: error }, 'consumer lost Kafka, joining again')
        notReadyReason = reason
      }
      await closeMember(member)
      member = null
      if (closing.signal.aborted) return
      const wait = fullJitter(failures++, RECONNECT)
      await delay(wait, null, { signal: closing.signal }).catch(() => {})
    }
  }

  const running = run()
  return {
    fetch: (wait) => queue.take(wait),
    takeRecords: (of) => queue.takeRecords(of),
    commit: async (of, offsets) => {
      if (of !== epoch || member === null) return false
      try {
        await member.commit(offsets)
        return true
      } catch (error) {
        log.debug({ err: error }, 'commit failed')
        return false
      }
    },
    get notReadyReason() {
      return notReadyReason
    },
    lag: (positions) =>
      positions.reduce((sum, each) => {
        const end = endOffsets.get(partitionKey(each)) ?? each.offset
        return sum + Math.max(0, end - each.offset)
      }, 0),
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await running
      notReadyReason = 'closed'
    },
  }
}

/** Leaving tells the group at once; without it the partitions rest until the session times out. */
async function closeMember(member: GroupMember | null): Promise<void> {
  await member?.leave().catch(() => {})
  await member?.disconnect().catch(() => {})
}
