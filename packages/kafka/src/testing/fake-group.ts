import type { MemoryBudget } from '../consumer/consumer-budget.ts'
import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { ConsumerEvent, FetchedRecords, PartitionOffset } from '../consumer/consumer-port.ts'
import type { FakeClock } from './fake-clock.ts'
import type { FakeLog } from './fake-log.ts'
import type { TopicPartition } from '../records.ts'

/** Of one member, what the group and its port know. */
export interface FakeMember {
  readonly budget: MemoryBudget
  readonly releaseWithinMs: number
  /** Records a fetch brings at most. */
  readonly fetchRecords: number
  /** Of the last assignment; 0 before the first. */
  epoch: number
  /** What the loop has to be told, in order. */
  events: ConsumerEvent[]
  revoked: AbortController
  expelled: AbortController
  positions: Map<string, PartitionOffset>
  /** Fetches that were on their way when the assignment ended. */
  lateFetches: number
  lettingGo: Promise<void> | null
  readonly gone: PromiseWithResolvers<void>
  isGone: boolean
}

/** A consumer group's members and who of them owns what. */
export interface FakeGroup {
  readonly generation: number
  has(member: FakeMember): boolean
  join(member: FakeMember): void
  /** Gone without a word, as after kill -9: what it held goes to the others at once. */
  leave(member: FakeMember): void
  /** Taken for dead while it lives: it hears so, and joins again, only after so many milliseconds. */
  expel(member: FakeMember, hearsAfterMs: number): void
  /** Everybody lets go, and the partitions are shared out anew. */
  rebalance(): void
}

export function createFakeGroup(options: {
  readonly log: FakeLog
  readonly clock: FakeClock
  readonly committed: (at: TopicPartition) => number
  /** How many fetches still come between the end of an assignment and the word of it. */
  readonly lateFetches: () => number
}): FakeGroup {
  const { log, clock, committed, lateFetches } = options
  const members = new Set<FakeMember>()
  let generation = 0
  let rebalancing = 0

  /** Every member lets go first; then the partitions are dealt out in turn. */
  const rebalance = async (): Promise<void> => {
    const mine = ++rebalancing
    await Promise.all([...members].map((each) => letGo(each)))
    if (mine !== rebalancing) return // another one began meanwhile and deals them out
    generation++
    const list = [...members]
    for (const [index, member] of list.entries()) {
      assign(
        member,
        log.partitions.filter((_, place) => place % list.length === index),
      )
    }
  }

  const assign = (member: FakeMember, share: readonly TopicPartition[]): void => {
    const positions = share.map((each) => ({
      ...each,
      offset: committed(each),
      latest: log.records(each).length,
    }))
    member.epoch = generation
    member.revoked = new AbortController()
    member.expelled = new AbortController()
    member.positions = new Map(positions.map((each) => [partitionKey(each), each]))
    member.lateFetches = 0
    member.lettingGo = null
    const { epoch, releaseWithinMs } = member
    member.events.push({
      kind: 'assigned',
      epoch,
      positions,
      logs: log.logs,
      revoked: member.revoked.signal,
      expelled: member.expelled.signal,
      releaseWithinMs,
    })
  }

  const letGo = (member: FakeMember): Promise<void> => (member.lettingGo ??= endOf(member))

  /** Resolves when the loop has released what it had, or the group waits no longer. */
  const endOf = async (member: FakeMember): Promise<void> => {
    if (member.epoch === 0) return
    member.revoked.abort()
    const wasTaken = !member.events.some(({ kind }) => kind === 'assigned')
    if (!wasTaken) {
      member.events = member.events.filter(({ kind }) => kind !== 'assigned')
      member.positions = new Map()
      return
    }
    const released = Promise.withResolvers<void>()
    member.lateFetches = lateFetches()
    member.events.push({ kind: 'revoked', epoch: member.epoch, release: released.resolve })
    clock.later(member.releaseWithinMs, released.resolve)
    await Promise.race([released.promise, member.gone.promise])
  }

  const joinAgain = async (member: FakeMember): Promise<void> => {
    member.expelled.abort()
    await letGo(member)
    if (member.isGone) return
    members.add(member)
    void rebalance()
  }

  return {
    get generation() {
      return generation
    },
    has: (member) => members.has(member),
    join: (member) => {
      members.add(member)
      void rebalance()
    },
    leave: (member) => {
      member.isGone = true
      member.gone.resolve()
      member.revoked.abort()
      if (members.delete(member)) void rebalance()
    },
    expel: (member, hearsAfterMs) => {
      if (!members.delete(member)) return
      void rebalance()
      clock.later(hearsAfterMs, () => void joinAgain(member))
    },
    rebalance: () => void rebalance(),
  }
}

/** What a fetch brings this member. */
export function takeEvent(member: FakeMember, log: FakeLog): ConsumerEvent {
  const [next] = member.events
  if (next === undefined) return read(member, log) ?? { kind: 'idle' }
  if (next.kind === 'revoked' && member.lateFetches-- > 0) {
    const late = read(member, log)
    if (late !== null) return late
  }
  if (next.kind === 'revoked' && member.lettingGo !== null) member.positions = new Map()
  member.events.shift()
  return next
}

/** Records, unless something else comes first. */
export function takeRecords(
  member: FakeMember,
  log: FakeLog,
  epoch: number,
): FetchedRecords | null {
  if (member.events.length > 0 || member.epoch !== epoch) return null
  return read(member, log)
}

function read(member: FakeMember, log: FakeLog): (ConsumerEvent & FetchedRecords) | null {
  if (member.budget.isPaused) return null
  for (const [key, position] of member.positions) {
    const end = position.offset + member.fetchRecords
    const records = log.records(position).slice(position.offset, end)
    const last = records.at(-1)
    if (last === undefined) continue
    const next = last.offset + 1
    const bytes = records.reduce((sum, { value }) => sum + 200 + (value?.length ?? 0), 0)
    member.budget.add(bytes)
    // The partition read last goes to the end, so that all get their turn.
    member.positions.delete(key)
    member.positions.set(key, { ...position, offset: next })
    const { topic, partition, offset: from } = position
    return { kind: 'records', epoch: member.epoch, topic, partition, from, next, records, bytes }
  }
  return null
}
