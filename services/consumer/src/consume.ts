import type { RegisteredLog } from '@custom-events/clickhouse'
import {
  partitionKey,
  type Consumer,
  type ConsumerEvent,
  type FetchedRecords,
  type KafkaLog,
  type MemoryBudget,
  type PartitionOffset,
} from '@custom-events/kafka'
import {
  inDoubtOf,
  drop,
  isAnyDue,
  msUntilDue,
  newAssignment,
  type Assignment,
} from './assignment/assignment.ts'
import type { Batch, OpenBatch } from './batch/batch.ts'
import type { ConfiguredLimits, Trigger } from './batch/closing.ts'
import { abandonAfterMs, abortedAfter, type Clock } from './batch/deadline.ts'
import type { InDoubt } from './insert/in-doubt.ts'
import { Abandoned } from './insert/retry-loop.ts'
import type { Route, TopicRoute } from './read/route.ts'
import type { Settled } from './insert/settle.ts'
import type { Status } from './status.ts'

/** What the loop needs of the world. */
export interface ConsumePorts {
  readonly consumer: Pick<Consumer, 'fetch' | 'takeRecords' | 'commit'>
  /** Of every topic that is read now; another assignment may have more. */
  readonly routes: () => readonly TopicRoute[]
  /** Which generations the logs have. @throws {Abandoned} when `stop` is aborted before that is known. */
  readonly learnLogs: (
    logs: readonly KafkaLog[],
    stop: AbortSignal,
  ) => Promise<readonly RegisteredLog[]>
  readonly limits: Pick<ConfiguredLimits, 'current' | 'inserted'>
  /**
   * How far a previous owner may have inserted beyond its commit, in offsets of one partition: what it
   * had in one batch, with room to spare. All of it is asked about, not only the next batch: one record
   * that is missing proves nothing about those beyond. It may have been set aside, or be of a month whose
   * part was not written.
   */
  readonly inDoubtOffsets: number
  /** After `shutdown` is aborted the process has so many milliseconds left. */
  readonly shutdownWithinMs: number
  readonly budget: Pick<MemoryBudget, 'add' | 'remove'>
  readonly status: Pick<Status, 'outOfRange' | 'recovered'>
  /** Accounts for every record of a batch. @throws {Abandoned} */
  readonly settle: (job: SettleJob) => Promise<Settled>
  readonly observe: ConsumeObserver
  readonly clock: Clock
}

export interface SettleJob {
  readonly route: Route
  readonly batch: Batch
  readonly inDoubt: InDoubt
  /** Aborted when nobody should begin anything for this batch any more. */
  readonly stop: AbortSignal
  /** Aborted when even what runs must be given up; never before `stop`. */
  readonly abandon: AbortSignal
}

export interface ConsumeObserver {
  readonly settled: (route: Route, trigger: Trigger, batch: Batch, settled: Settled) => void
  readonly abandoned: (trigger: Trigger) => void
  readonly committed: (isCommitted: boolean) => void
  /** Called when offsets are not there that no transaction explains. */
  readonly gaps: (fetched: FetchedRecords, offsets: number) => void
  /** Called when the logs of an assignment are known, and with `null` when it is over. */
  readonly assigned: (assignment: Pick<Assignment, 'logs' | 'positions'> | null) => void
  /** Called at every assignment and after every settled batch. */
  readonly positions: (positions: readonly PartitionOffset[], inDoubt: number) => void
}

/**
 * The consumer's whole story: fetch → batch → insert → commit.
 * An offset is committed only when every record below it is in the table or on the dead-letter topic.
 *
 * Resolves after `shutdown` is aborted and what was in hand is settled or given up.
 */
export async function consume(ports: ConsumePorts, shutdown: AbortSignal): Promise<void> {
  const overdue = abortedAfter(shutdown, abandonAfterMs(ports.shutdownWithinMs), ports.clock)
  let assignment: Assignment | null = null
  for (;;) {
    const event = await ports.consumer.fetch({
      maxWaitMs: msUntilDue(assignment, ports.clock.now()),
      signal: shutdown,
    })
    assignment = await take(ports, assignment, event, { shutdown, overdue })
    if (assignment === null) {
      if (shutdown.aborted) return
      continue
    }
    // Again at once for a batch that was filled meanwhile: only records came before it.
    do {
      for (const due of assignment.open.values()) {
        const trigger = shutdown.aborted ? 'shutdown' : due.batch.due(ports.clock.now())
        if (trigger !== null) await insert(ports, assignment, { ...due, trigger })
      }
      await commit(ports, assignment)
    } while (isAnyDue(assignment, ports.clock.now()))
    if (shutdown.aborted) return drop(assignment, ports.budget)
  }
}

/** @returns the assignment that holds from now on. */
async function take(
  ports: ConsumePorts,
  assignment: Assignment | null,
  event: ConsumerEvent,
  ending: { readonly shutdown: AbortSignal; readonly overdue: AbortSignal },
): Promise<Assignment | null> {
  switch (event.kind) {
    case 'assigned':
      ports.status.outOfRange([])
      drop(assignment, ports.budget)
      ports.observe.positions(event.positions, event.positions.length)
      return begin(ports, event, ending)
    case 'records':
      batch(ports, assignment, event)
      return assignment
    case 'outOfRange':
      ports.status.outOfRange(event.partitions)
      return assignment
    case 'revoked':
      // The group waits for `release`: what is in hand is still ours to settle and to commit.
      if (assignment !== null) await finish(ports, assignment)
      ports.observe.assigned(null)
      event.release()
      return null
    case 'idle':
      return assignment
  }
}

/** Nothing is taken before it is known which logs these are: no row may have the version of another's. */
async function begin(
  ports: ConsumePorts,
  event: Extract<ConsumerEvent, { kind: 'assigned' }>,
  ending: { readonly shutdown: AbortSignal; readonly overdue: AbortSignal },
): Promise<Assignment | null> {
  try {
    const stop = AbortSignal.any([event.revoked, ending.shutdown])
    const logs = await ports.learnLogs(event.logs, stop)
    const assignment = newAssignment(event, { ...ports, ...ending, routes: ports.routes(), logs })
    ports.observe.assigned(assignment)
    return assignment
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error
    ports.status.recovered()
    return null
  }
}

function batch(
  ports: ConsumePorts,
  assignment: Assignment | null,
  fetched: FetchedRecords & { readonly epoch: number },
): void {
  const open = assignment?.open.get(fetched.topic)
  if (assignment === null || assignment.isOver || assignment.epoch !== fetched.epoch || !open) {
    return ports.budget.remove(fetched.bytes)
  }
  const { gaps = 0 } = fetched
  if (gaps > 0) ports.observe.gaps(fetched, gaps)
  open.batch.add(fetched, ports.clock.now())
}

/** Closes the batch and accounts for every record in it, or gives it up with the assignment. */
async function insert(
  ports: ConsumePorts,
  assignment: Assignment,
  due: { readonly route: Route; readonly batch: OpenBatch; readonly trigger: Trigger },
): Promise<void> {
  const { route, trigger } = due
  const closed = due.batch.close()
  if (closed === null) return
  ports.budget.remove(closed.encoded?.block.length ?? 0) // counted again while it is inserted
  try {
    if (assignment.isOver || assignment.expelled.aborted) throw new Abandoned()
    const inDoubt = inDoubtOf(assignment, route.topic)
    const { stop, abandon } = assignment
    const settling = ports.settle({ route, batch: closed, inDoubt, stop, abandon })
    await gatherDuring(settling, ports, assignment)
    const settled = await settling
    for (const end of closed.ends) {
      const key = partitionKey(end)
      assignment.uncommitted.set(key, end)
      assignment.positions.set(key, end)
      if (!settled.inDoubt.has(end.partition)) assignment.inDoubt.delete(key)
    }
    assignment.limits.settled()
    ports.observe.settled(route, trigger, closed, settled)
    ports.observe.positions([...assignment.positions.values()], assignment.inDoubt.size)
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error
    assignment.isOver = true
    ports.status.recovered()
    ports.observe.abandoned(trigger)
  } finally {
    ports.budget.remove(closed.bytes)
  }
}

/**
 * While a batch is inserted the next is gathered, and made into a block once it is full: ClickHouse need not
 * wait for that. Whatever is not records waits until the batch is settled.
 */
async function gatherDuring(
  settling: Promise<unknown>,
  ports: ConsumePorts,
  assignment: Assignment,
): Promise<void> {
  const settled = new AbortController()
  const end = (): void => settled.abort()
  void settling.then(end, end)
  const { epoch, stop, open } = assignment
  while (!stop.aborted) {
    const full = [...open.values()].find((next) => next.batch.isFull())
    if (full !== undefined) {
      ports.budget.add(full.batch.encodeAhead((records) => full.route.encode(records)))
      return
    }
    const records = await ports.consumer.takeRecords({ epoch, signal: settled.signal })
    if (records === null) return
    batch(ports, assignment, { ...records, epoch }) // the assignment's: members number their own from 1
  }
}

/** Once; what is not committed is kept for the next time, and read again should there be none. */
async function commit(ports: ConsumePorts, assignment: Assignment): Promise<void> {
  if (assignment.uncommitted.size === 0) return
  const offsets = [...assignment.uncommitted.values()]
  const isCommitted = await ports.consumer.commit(assignment.epoch, offsets)
  ports.observe.committed(isCommitted)
  if (isCommitted) assignment.uncommitted.clear()
}

async function finish(ports: ConsumePorts, assignment: Assignment): Promise<void> {
  for (const { route, batch: open } of assignment.open.values()) {
    await insert(ports, assignment, { route, batch: open, trigger: 'revoke' })
  }
  await commit(ports, assignment)
}
