import type { MemoryBudget } from '../consumer/consumer-budget.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { Consumer, PartitionOffset } from '../consumer/consumer-port.ts'
import type { FakeClock } from './fake-clock.ts'
import { createFakeGroup, takeEvent, takeRecords, type FakeMember } from './fake-group.ts'
import {
  createFakeLog,
  createFakeProducer,
  type Gate,
  type FakeLog,
  type ProduceFate,
} from './fake-log.ts'
import type { Producer } from '../producer/producer.ts'
import type { TopicPartition } from '../records.ts'

/**
 * What a commit meets. `lost` never arrives, `answerLost` is done without an answer, `late` is done after
 * the consumer has given it up, unless the group has moved on by then.
 */
export type CommitFate = 'ok' | 'lost' | 'answerLost' | 'late'

/** What befalls the requests, each asked for at every request. @default nothing does */
export interface FakeFaults {
  readonly commit: () => CommitFate
  readonly produce: () => ProduceFate
  /** After how many milliseconds a late request is done. */
  readonly lateMs: () => number
  /** Fetches that still come between the end of an assignment and the word of it. */
  readonly lateFetches: () => number
}

const NO_FAULTS: FakeFaults = {
  commit: () => 'ok',
  produce: () => 'ok',
  lateMs: () => 0,
  lateFetches: () => 0,
}

/** Topics and one consumer group, in memory, with the promises of the real ones. */
export interface FakeKafka extends FakeLog {
  committed(at: TopicPartition): number
  /** Joins the group; the partitions are shared out anew. */
  join(member: {
    readonly budget: MemoryBudget
    readonly gate: Gate
    /** Records a fetch brings at most. */
    readonly fetchRecords: number
    /** Told with every assignment; of the clock given. @default 60_000 */
    readonly releaseWithinMs?: number
  }): FakeConsumer
  producer(gate: Gate): Pick<Producer, 'produce'>
  /** Takes all partitions from everybody and shares them out anew. */
  rebalance(): void
}

export interface FakeConsumer extends Consumer {
  /** Gone without a word, as after kill -9: what it held goes to the others at once. */
  vanish(): void
  /** Taken for dead while it lives, a zombie, until it hears so after so many milliseconds. */
  expel(hearsAfterMs: number): void
  /** Whether the group still counts on this member for this assignment. */
  owns(epoch: number): boolean
}

/** An in-memory fake of Kafka's topics and of one consumer group, for tests of the loop. */
export function createFakeKafka(options: {
  readonly partitionsByTopic: Readonly<Record<string, number>>
  /** Moved on whenever a fetch finds nothing. */
  readonly clock: FakeClock
  readonly faults?: FakeFaults
  /** @default memory */
  readonly clusterId?: string
  /** Told of every committed offset, before anything else can happen. */
  readonly onCommit?: (end: PartitionOffset) => void
}): FakeKafka {
  const { partitionsByTopic, clock, faults = NO_FAULTS, onCommit = () => {} } = options
  const log = createFakeLog(partitionsByTopic, clock, options.clusterId)
  const offsets = new Map<string, number>()
  const committed = (at: TopicPartition): number => offsets.get(partitionKey(at)) ?? 0
  const { lateFetches } = faults
  const group = createFakeGroup({ log, clock, committed, lateFetches })
  const later = (call: () => void): void => clock.later(faults.lateMs(), call)

  const store = (ends: readonly PartitionOffset[]): void => {
    for (const end of ends) {
      offsets.set(partitionKey(end), end.offset)
      onCommit(end)
    }
  }

  const join: FakeKafka['join'] = ({
    budget,
    gate,
    fetchRecords,
    releaseWithinMs = 60_000,
  }): FakeConsumer => {
    const member: FakeMember = {
      budget,
      releaseWithinMs,
      fetchRecords,
      epoch: 0,
      events: [],
      revoked: new AbortController(),
      expelled: new AbortController(),
      positions: new Map(),
      lateFetches: 0,
      lettingGo: null,
      gone: Promise.withResolvers<void>(),
      isGone: false,
    }
    // Kafka looks at the generation, not at who owns the partition.
    const owns = (epoch: number): boolean =>
      group.has(member) && epoch === group.generation && epoch === member.epoch
    const leave = (): void => group.leave(member)
    group.join(member)
    return {
      fetch: async ({ maxWaitMs, signal }) => {
        await gate('fetch')
        const event = takeEvent(member, log)
        if (event.kind === 'idle' && !signal.aborted) clock.advance(maxWaitMs)
        return event
      },
      takeRecords: async ({ epoch, signal }) => {
        await gate('gather')
        return signal.aborted ? null : takeRecords(member, log, epoch)
      },
      commit: async (epoch, ends) => {
        await gate('commit')
        if (!owns(epoch)) return false
        const fate = faults.commit()
        if (fate === 'ok' || fate === 'answerLost') store(ends)
        if (fate === 'late') later(() => (group.generation === epoch ? store(ends) : undefined))
        await gate('committed')
        return fate === 'ok'
      },
      rejoin: () => group.rebalance(),
      notReadyReason: null,
      troubles: [],
      backlog: [],
      foreignMembers: 0,
      earlierMembers: 0,
      isNameTaken: false,
      vanish: leave,
      expel: (hearsAfterMs) => group.expel(member, hearsAfterMs),
      owns,
      [Symbol.asyncDispose]: async () => leave(),
    }
  }

  return {
    ...log,
    committed,
    join,
    producer: (gate) => createFakeProducer({ log, gate, fate: faults.produce, later }),
    rebalance: () => group.rebalance(),
  }
}
