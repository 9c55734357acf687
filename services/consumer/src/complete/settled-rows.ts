import type { ClickHouse, RegisteredLog } from '@custom-events/clickhouse'
import {
  partitionKey,
  type AssignedPosition,
  type LogEnds,
  type PartitionOffset,
} from '@custom-events/kafka'
import { createMarks, type Marks } from './marks.ts'

/** What a consumer has within one assignment. */
export interface Holding {
  readonly logs: readonly RegisteredLog[]
  /** Where each of its partitions is settled up to; by `partitionKey`, always as it is now. */
  readonly positions: ReadonlyMap<
    string,
    PartitionOffset & Pick<Partial<AssignedPosition>, 'lostBefore'>
  >
}

/** A row of `settled`; times in milliseconds since 1970. */
export interface SettledRow {
  readonly topic: string
  readonly generation: number
  readonly partition: number
  readonly nextOffset: number
  /** 0: not known. */
  readonly completeUntilMs: number
  readonly lostBefore: number
  /** 0: the partition is not ours. */
  readonly recordedAtMs: number
}

export interface Look extends LogEnds {
  /** Where the partitions were settled up to before anything was asked; by `partitionKey`. */
  readonly before: ReadonlyMap<string, number>
  /** By the clock of ClickHouse, asked for before the ends. */
  readonly atMs: number
}

/** Makes rows of looks, within one assignment. */
export interface RowsOfHolding {
  /** Records below `offset` are gone that nobody has read. */
  lost(at: PartitionOffset): void
  /** Whether a row can be made of each of these topics: what is not in the table would not hold the moment back. */
  hasEach(topics: readonly string[]): boolean
  /** For a look that begins. */
  before(): Look['before']
  /**
   * One for every partition that the topics have. Those of other consumers are told to be there with each look: the view
   * takes the earliest moment of the partitions that it knows, so one that is not in the table would not hold it. For the same
   * reason one that is ours has a row though the broker that was asked has not heard of it.
   */
  rows(look: Look): readonly SettledRow[]
}

export function rowsOfHolding({ logs, positions }: Holding): RowsOfHolding {
  const marksByPartition = new Map<string, Marks>()
  const lostBefore = new Map(
    [...positions].map(([key, { lostBefore: offset = 0 }]) => [key, offset]),
  )
  const lost = (key: string, offset: number): void => {
    lostBefore.set(key, Math.max(lostBefore.get(key) ?? 0, offset))
  }

  const ownRow = (at: PartitionOffset, end: number | null, atMs: number) => {
    const key = partitionKey(at)
    const marks = marksByPartition.get(key) ?? createMarks()
    marksByPartition.set(key, marks)
    if (end !== null) marks.add({ atMs, end })
    return {
      nextOffset: at.offset,
      completeUntilMs: marks.passed(at.offset) ?? 0,
      lostBefore: lostBefore.get(key) ?? 0,
      recordedAtMs: atMs,
    }
  }

  return {
    hasEach: (topics) => topics.every((topic) => logs.some((log) => log.topic === topic)),
    before: () => new Map([...positions].map(([key, { offset }]) => [key, offset])),
    lost: (at) => lost(partitionKey(at), at.offset),
    rows: ({ before, ends, logs: logsNow, atMs }) =>
      withOwn(ends, positions).flatMap(({ topic, partition, end }): readonly SettledRow[] => {
        const log = logs.find((each) => each.topic === topic)
        const now = logsNow.find((each) => each.topic === topic)
        // The end of another log of this name says nothing of ours.
        if (log === undefined || now === undefined || !isSameLog(log, now)) return []
        const place = { topic, generation: log.generation, partition }
        const key = partitionKey({ topic, partition })
        const at = positions.get(key)
        if (at === undefined) {
          const isEmpty = end === 0 // nothing was ever written to it
          return [{ ...place, ...OF_OTHERS, completeUntilMs: isEmpty ? atMs : 0 }]
        }
        // A log that ends before what was read of it was cut: what it is given below that is never read.
        const readBefore = before.get(key) ?? 0
        const isCut = end !== null && end < readBefore
        if (isCut) lost(key, readBefore)
        return [{ ...place, ...ownRow(at, isCut ? null : end, atMs) }]
      }),
  }
}

/** Where each partition ends, with those of ours of which nobody told. */
function withOwn(ends: Look['ends'], positions: Holding['positions']): Look['ends'] {
  const told = new Set(ends.map(partitionKey))
  const untold = [...positions].filter(([key]) => !told.has(key))
  return [...ends, ...untold.map(([, { topic, partition }]) => ({ topic, partition, end: null }))]
}

const OF_OTHERS = { nextOffset: 0, lostBefore: 0, recordedAtMs: 0 }

type Log = LogEnds['logs'][number]

function isSameLog(one: Log, other: Log): boolean {
  return one.clusterId === other.clusterId && one.topicId === other.topicId
}

/** @param rows at least one. @throws {ClickHouseFailure} */
export async function insertSettled(
  clickhouse: Pick<ClickHouse, 'command'>,
  rows: readonly SettledRow[],
): Promise<void> {
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  const time = (ms: number): string => `'${new Date(ms).toISOString().slice(0, -1)}'`
  const values = rows.map(
    (row) =>
      `({topic${topics.indexOf(row.topic)}:String}, ${row.generation}, ${row.partition}, ${row.nextOffset}, ` +
      `${time(row.completeUntilMs)}, ${row.lostBefore}, ${time(row.recordedAtMs)})`,
  )
  await clickhouse.command(
    `INSERT INTO settled (topic, generation, kafka_partition, next_offset, complete_until, lost_before, recorded_at)
     SETTINGS async_insert = 0 VALUES ${values.join(', ')}`,
    Object.fromEntries(topics.map((topic, index) => [`topic${index}`, topic])),
  )
}
