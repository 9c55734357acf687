import { partitionKey } from './consumer-offsets.ts'
import type { MemoryBudget } from './consumer-budget.ts'
import type { Consumer, ConsumerEvent, FetchedRecord, PartitionOffset } from './consumer-port.ts'
import type { Producer } from './producer.ts'
import type { TopicPartition } from './records.ts'

/** What is between two steps of a twin: lets a test order, delay or break off every step. */
export type Gate = (point: string) => Promise<void>

type Log = FetchedRecord[]

/** One topic log per partition and one consumer group, in memory, with the promises of the real ones. */
export interface MemoryKafka {
  append(
    at: TopicPartition,
    record: Pick<FetchedRecord, 'key' | 'value'> & Partial<Pick<FetchedRecord, 'headers'>>,
  ): number
  records(at: TopicPartition): readonly FetchedRecord[]
  committed(at: TopicPartition): number
  /** Joins the group; the partitions are shared out anew. */
  join(member: {
    readonly budget: MemoryBudget
    readonly gate: Gate
    /** Records a fetch brings at most. */
    readonly fetchRecords: number
    /** Told with every assignment; of the real clock. @default 60_000 */
    readonly releaseWithinMs?: number
  }): MemoryConsumer
  producer(gate: Gate): Pick<Producer, 'produce'>
}

export interface MemoryConsumer extends Consumer {
  /** Gone without a word, as after kill -9: what it held goes to the others at once. */
  vanish(): void
}

interface Member {
  readonly budget: MemoryBudget
  readonly releaseWithinMs: number
  epoch: number
  events: ConsumerEvent[]
  revoked: AbortController
  positions: Map<string, PartitionOffset>
}

/** An in-memory twin of Kafka's topics and of one consumer group, for tests of the loop. */
export function createMemoryKafka(options: {
  readonly partitionsByTopic: Readonly<Record<string, number>>
  /** Milliseconds, moved on whenever a fetch finds nothing. */
  readonly clock: { nowMs: number }
}): MemoryKafka {
  const partitions = Object.entries(options.partitionsByTopic).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const logs = new Map<string, Log>(partitions.map((each) => [partitionKey(each), []]))
  const committed = new Map<string, number>()
  const members = new Set<Member>()
  let generation = 0
  let rebalancing = 0

  const logOf = (at: TopicPartition): Log => {
    const log = logs.get(partitionKey(at))
    if (log === undefined) throw new Error(`no partition ${partitionKey(at)}`)
    return log
  }

  /** Every member lets go first; then the partitions are dealt out in turn. */
  const rebalance = async (): Promise<void> => {
    const mine = ++rebalancing
    await Promise.all([...members].map(letGo))
    if (mine !== rebalancing) return // another one began meanwhile and deals them out
    generation++
    const list = [...members]
    for (const [index, member] of list.entries()) {
      const share = partitions.filter((_, place) => place % list.length === index)
      const positions = share.map((each) => ({
        ...each,
        offset: committed.get(partitionKey(each)) ?? 0,
        latest: logOf(each).length,
      }))
      member.epoch = generation
      member.revoked = new AbortController()
      member.positions = new Map(positions.map((each) => [partitionKey(each), each]))
      const { epoch, releaseWithinMs } = member
      const revoked = member.revoked.signal
      member.events = [{ kind: 'assigned', epoch, positions, revoked, releaseWithinMs }]
    }
  }

  const letGo = async (member: Member): Promise<void> => {
    if (member.positions.size === 0 && member.events.length === 0 && member.epoch === 0) return
    const released = Promise.withResolvers<void>()
    const wasTaken = !member.events.some(({ kind }) => kind === 'assigned')
    member.revoked.abort()
    member.positions = new Map()
    member.events = []
    if (!wasTaken) return
    member.events.push({ kind: 'revoked', epoch: member.epoch, release: released.resolve })
    const gone = Promise.withResolvers<void>()
    vanished.set(member, gone.resolve)
    await Promise.race([released.promise, gone.promise])
  }
  const vanished = new Map<Member, () => void>()

  const read = (member: Member, fetchRecords: number): ConsumerEvent => {
    for (const [key, position] of member.positions) {
      const records = logOf(position).slice(position.offset, position.offset + fetchRecords)
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
    return { kind: 'idle' }
  }

  return {
    append: (at, { key, value, headers = {} }) => {
      const log = logOf(at)
      const timestampMs = options.clock.nowMs
      log.push({ partition: at.partition, offset: log.length, timestampMs, key, value, headers })
      return log.length - 1
    },
    records: logOf,
    committed: (at) => committed.get(partitionKey(at)) ?? 0,
    join: ({ budget, gate, fetchRecords, releaseWithinMs = 60_000 }) => {
      const revoked = new AbortController()
      const given = { budget, releaseWithinMs }
      const member: Member = { ...given, epoch: 0, events: [], revoked, positions: new Map() }
      members.add(member)
      void rebalance()
      const leave = (): void => {
        if (!members.delete(member)) return
        member.revoked.abort()
        vanished.get(member)?.()
        void rebalance()
      }
      return {
        fetch: async ({ maxWaitMs, signal }) => {
          await gate('fetch')
          const event = member.events.shift() ?? read(member, fetchRecords)
          if (event.kind === 'idle' && !signal.aborted) options.clock.nowMs += maxWaitMs
          return event
        },
        commit: async (epoch, offsets) => {
          await gate('commit')
          // Kafka looks at the generation, not at who owns the partition.
          if (!members.has(member) || epoch !== generation || epoch !== member.epoch) return false
          for (const each of offsets) committed.set(partitionKey(each), each.offset)
          await gate('committed')
          return true
        },
        notReadyReason: null,
        lag: () => 0,
        vanish: leave,
        [Symbol.asyncDispose]: async () => leave(),
      }
    },
    producer: (gate) => ({
      produce: async (records) => {
        await gate('produce')
        const outcomes = records.map(({ topic, partition, key, value, headers = {} }) => {
          const log = logOf({ topic, partition })
          const bytes = Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
          )
          const offset = log.length
          const timestampMs = options.clock.nowMs
          log.push({ partition, offset, timestampMs, key, value, headers: bytes })
          return { status: 'acknowledged', offset } as const
        })
        await gate('produced')
        return outcomes
      },
    }),
  }
}
