import { fullJitter, type Logger } from '@custom-events/runtime'
import type { MemoryBudget } from './consumer-budget.ts'
import { groupErrorOf } from './consumer-errors.ts'
import type { GroupMember } from './consumer-group.ts'
import { partitionKey } from './consumer-offsets.ts'
import type { FetchedRecords } from './consumer-port.ts'
import { pause } from '../membership/pause.ts'
import { kafkaVerdict } from '../errors/kafka-errors.ts'
import type { PartitionRefused } from '../fetch/partition-refused.ts'
import type { TroubleBoard } from '../group/trouble-board.ts'
import { UnreadableRecords } from '../record-batch/unreadable-records.ts'

/**
 * Why an assignment ended: it is another one now, the group has forgotten us, Kafka was lost, or we are closing. Only
 * who was expelled cannot hand anything over: it may be another's already.
 */
export type EndOfAssignment = 'rejoin' | 'expelled' | 'lost' | 'closing'

const FETCH_RETRY = { baseMs: 100, maxMs: 2_000 }
/** What a person must repair is looked at less often: it costs a fetch each time. */
const SLOW_RETRY = { baseMs: 500, maxMs: 5_000 }
const LOOK_FOR_BROKERS_EVERY_MS = 1_000

/** The key under which the trouble of a partition is noted. */
export function readKey(place: { readonly topic: string; readonly partition: number }): string {
  return `read/${partitionKey(place)}`
}

/**
 * Fetches from every broker until the assignment ends. A partition that cannot be read rests by itself, for
 * longer each time, while the others go on.
 */
export async function readPartitions(options: {
  readonly member: GroupMember
  readonly budget: MemoryBudget
  readonly board: TroubleBoard
  readonly sessionTimeoutMs: number
  readonly ending: AbortSignal
  readonly end: (why: EndOfAssignment) => void
  readonly onRecords: (fetched: FetchedRecords) => void
  readonly log: Logger
  readonly now: () => number
}): Promise<void> {
  const { member, budget, board, ending, end, now } = options
  const resting = new Set<Promise<void>>()
  let lastFetchAt = now()

  const rest = async (failure: UnreadableRecords | PartitionRefused): Promise<void> => {
    const { topic, partition, offset } = failure
    const times = board.failed(readKey(failure), { topic, partition, offset, error: failure })
    member.pause(failure)
    const mayHeal = mayHealSoon(failure)
    if (mayHeal) await member.refresh(failure).catch(() => {})
    await pause(fullJitter(times - 1, mayHeal ? FETCH_RETRY : SLOW_RETRY), ending)
    if (!ending.aborted) member.resume(failure)
  }

  const take = (fetched: Awaited<ReturnType<GroupMember['fetch']>>[number]): void => {
    // What arrives after the end is read again by whoever owns the partition next.
    if (ending.aborted) return
    if (fetched instanceof Error) {
      const meaning = groupErrorOf(fetched)
      if (meaning === 'rejoin' || meaning === 'outOfRange') return end('rejoin')
      const rests = rest(fetched).finally(() => resting.delete(rests))
      resting.add(rests)
      return
    }
    board.cleared(readKey(fetched))
    if (fetched.records !== null) options.onRecords(fetched)
  }

  const fetchFrom = async (nodeId: number): Promise<void> => {
    const key = `broker/${nodeId}`
    for (let failures = 0; !ending.aborted && member.nodeIds().includes(nodeId);) {
      if (budget.isPaused) {
        await budget.room(ending)
        // Kafka was not asked meanwhile, so that its silence says nothing about it.
        lastFetchAt = now()
      }
      if (ending.aborted) break
      try {
        const fetched = await member.fetch(nodeId)
        lastFetchAt = now()
        failures = 0
        board.cleared(key)
        fetched.forEach(take)
      } catch (error) {
        const meaning = groupErrorOf(error)
        if (meaning === 'rejoin' || meaning === 'outOfRange') {
          if (!ending.aborted) tellAdded(error, options.log)
          return end('rejoin')
        }
        const nowhere = { topic: null, partition: null, offset: null }
        board.failed(key, { ...nowhere, error, resource: `broker ${nodeId}` })
        if (now() - lastFetchAt > options.sessionTimeoutMs) return end('lost')
        await pause(fullJitter(failures++, FETCH_RETRY), ending)
        await member.refresh(error).catch(() => {})
      }
    }
    board.cleared(key)
  }

  /** Each broker is read by a loop of its own, so that none waits for another. */
  const loops = new Map<number, Promise<void>>()
  while (!ending.aborted) {
    for (const nodeId of member.nodeIds()) {
      if (loops.has(nodeId)) continue
      loops.set(
        nodeId,
        fetchFrom(nodeId).finally(() => loops.delete(nodeId)),
      )
    }
    await pause(LOOK_FOR_BROKERS_EVERY_MS, ending)
  }
  await Promise.all([...loops.values(), ...resting])
}

/** The new ones get no account of ours, and whoever writes to them by another count breaks the order. */
function tellAdded(error: unknown, log: Logger): void {
  if (!(error instanceof Error) || error.name !== 'KafkaJSStaleTopicMetadataAssignment') return
  const { topic, unknownPartitions: partitions } = error as Error &
    Readonly<Record<string, unknown>>
  log.warn(
    { topic, partitions },
    'partitions were added to a topic: they are read from now on; accounts stay in those of KAFKA_PARTITIONS',
  )
}

function mayHealSoon(failure: UnreadableRecords | PartitionRefused): boolean {
  if (failure instanceof UnreadableRecords) return failure.reason === 'damaged'
  const what = kafkaVerdict(failure).class
  return what === 'passing' || what === 'unreachable'
}
