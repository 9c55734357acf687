import type { AssignedPosition, GroupPosition, OutOfRange } from './consumer-port.ts'
import type { TopicPartition } from '../records.ts'

/** What Kafka knows of a partition at the moment it is assigned. */
export interface PartitionState extends TopicPartition {
  /** The group's committed offset; `null` when it never committed one. */
  readonly committed: number | null
  /** What was committed beside it, see `GroupPosition`. @default none */
  readonly lostBefore?: number
  readonly earliest: number
  readonly latest: number
}

/** What to do when records that were never read are gone: stop and tell, or go on with what is left. */
export type OnOutOfRange = 'halt' | 'earliest'

/**
 * Where to read from. Without a committed offset from the earliest record, never from the latest: that
 * would skip records silently. A committed offset outside of the log is never repaired silently either.
 */
export function startPositions(
  partitions: readonly PartitionState[],
  onOutOfRange: OnOutOfRange,
): { readonly positions: readonly AssignedPosition[]; readonly outOfRange: readonly OutOfRange[] } {
  const positions: AssignedPosition[] = []
  const outOfRange: OutOfRange[] = []
  for (const { topic, partition, committed, earliest, latest, lostBefore } of partitions) {
    const atEarliest = { topic, partition, offset: earliest, latest, lostBefore: earliest }
    if (committed === null) positions.push(atEarliest)
    else if (committed >= earliest && committed <= latest) {
      positions.push({ topic, partition, offset: committed, latest, ...knownLost(lostBefore) })
    } else {
      outOfRange.push({ topic, partition, committed, earliest, latest })
      if (onOutOfRange === 'earliest') positions.push(atEarliest)
    }
  }
  return { positions, outOfRange }
}

function knownLost(lostBefore = 0): Pick<GroupPosition, 'lostBefore'> {
  return lostBefore === 0 ? {} : { lostBefore }
}

/**
 * What is committed before anything is read: where a group begins that has committed nothing. Else nobody could tell
 * that records were deleted before its first commit, which may be days away.
 */
export function firstCommits(partitions: readonly PartitionState[]): readonly GroupPosition[] {
  return partitions
    .filter(({ committed }) => committed === null)
    .map(({ topic, partition, earliest }) => ({
      topic,
      partition,
      offset: earliest,
      lostBefore: earliest,
    }))
}
