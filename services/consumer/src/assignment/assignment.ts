import type { RegisteredLog } from '@custom-events/clickhouse'
import {
  partitionKey,
  type AssignedPosition,
  type ConsumerEvent,
  type MemoryBudget,
  type PartitionOffset,
} from '@custom-events/kafka'
import { openBatch, type OpenBatch } from '../batch/batch.ts'
import { abortedAfter, abandonAfterMs, type Clock } from '../batch/deadline.ts'
import type { InDoubt } from '../insert/in-doubt.ts'
import type { Route, TopicRoute } from '../read/route.ts'
import { rampUp, type ConfiguredLimits, type GrowingLimits } from '../batch/closing.ts'

/** What is known within one assignment; nothing of it outlives the assignment. */
export interface Assignment {
  readonly epoch: number
  /** Of the topics, each with its generation. */
  readonly logs: readonly RegisteredLog[]
  /** Aborted when the assignment ends, see `ConsumerEvent`. */
  readonly revoked: AbortSignal
  /** Aborted when another may read the partitions already, and has read back what we inserted: nothing may come after. */
  readonly expelled: AbortSignal
  /** Aborted when nothing may be begun any more. */
  readonly stop: AbortSignal
  /** Aborted when what runs must be given up too: the group, or whoever ends the process, waits no longer. */
  readonly abandon: AbortSignal
  readonly open: ReadonlyMap<string, { readonly route: Route; readonly batch: OpenBatch }>
  readonly limits: GrowingLimits
  /** Partitions whose table may hold rows beyond the committed offset, and below which offset. */
  readonly inDoubt: Map<string, number>
  /** Where each partition is settled up to; shown as lag. */
  readonly positions: Map<string, PartitionOffset & Pick<Partial<AssignedPosition>, 'lostBefore'>>
  /** Settled and not committed yet. */
  readonly uncommitted: Map<string, PartitionOffset>
  /** A batch was given up: committing anything after it would skip it. */
  isOver: boolean
}

const LONGEST_WAIT_MS = 1_000

export function newAssignment(
  event: Extract<ConsumerEvent, { kind: 'assigned' }>,
  options: {
    readonly routes: readonly TopicRoute[]
    /** Of the topics, each with its generation. */
    readonly logs: readonly RegisteredLog[]
    readonly limits: Pick<ConfiguredLimits, 'current' | 'inserted'>
    readonly inDoubtOffsets: number
    readonly shutdown: AbortSignal
    /** Follows `shutdown`, when there is hardly time left. */
    readonly overdue: AbortSignal
    readonly clock: Clock
  },
): Assignment {
  const { routes, logs, inDoubtOffsets, shutdown, overdue, clock } = options
  const limits = rampUp(options.limits)
  return {
    epoch: event.epoch,
    logs,
    revoked: event.revoked,
    expelled: event.expelled,
    stop: AbortSignal.any([event.revoked, shutdown]),
    abandon: AbortSignal.any([
      abortedAfter(event.revoked, abandonAfterMs(event.releaseWithinMs), clock),
      overdue,
    ]),
    open: new Map(
      routes.flatMap((topicRoute) => {
        const { topic } = topicRoute
        const log = logs.find((each) => each.topic === topic)
        if (log === undefined) return [] // Kafka does not tell us of it: nothing of it is read either
        return [[topic, { route: topicRoute.of(log), batch: openBatch(topic, limits.current) }]]
      }),
    ),
    limits,
    inDoubt: new Map(
      event.positions.map((each) => [partitionKey(each), inDoubtUpTo(each, inDoubtOffsets)]),
    ),
    positions: new Map(event.positions.map((each) => [partitionKey(each), each])),
    uncommitted: new Map(),
    isOver: false,
  }
}

/**
 * Below which offset a previous owner may have inserted: not beyond what it can have had in hand, and not
 * beyond the end of the log at the assignment, which was asked for after joining.
 *
 * It has fetched nothing beyond that end: a member that hears of the rebalance stops fetching before it
 * lets go; one that was frozen was frozen before the group gave its partitions away, so that what it has
 * in hand, or in the buffers of its sockets, was read before this assignment. One that is awake and goes
 * on fetching until it hears that it was expelled is a zombie: what it inserts may come after any
 * read-back, whatever the bound. Such copies collapse by identity; no bound here can lose a row.
 */
export function inDoubtUpTo(position: AssignedPosition, inDoubtOffsets: number): number {
  return Math.min(position.offset + inDoubtOffsets, position.latest)
}

/** Gives back the memory of an assignment that ended without a word. */
export function drop(assignment: Assignment | null, budget: Pick<MemoryBudget, 'remove'>): void {
  for (const { batch } of assignment?.open.values() ?? []) {
    const closed = batch.close()
    if (closed !== null) budget.remove(closed.bytes + (closed.encoded?.block.length ?? 0))
  }
}

/** What is in doubt of one topic, by partition. */
export function inDoubtOf(assignment: Assignment, topic: string): InDoubt {
  const inDoubt = new Map<number, number>()
  for (const [key, each] of assignment.positions) {
    const end = assignment.inDoubt.get(key)
    if (each.topic === topic && end !== undefined) inDoubt.set(each.partition, end)
  }
  return inDoubt
}

export function isAnyDue(assignment: Assignment, nowMs: number): boolean {
  return [...assignment.open.values()].some(({ batch }) => batch.due(nowMs) !== null)
}

/** Milliseconds until a batch is due by its age, and never long. */
export function msUntilDue(assignment: Assignment | null, nowMs: number): number {
  const left = [...(assignment?.open.values() ?? [])].map(({ batch }) => batch.msLeft(nowMs))
  return Math.min(LONGEST_WAIT_MS, ...left)
}
