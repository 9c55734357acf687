import type { CommitNote } from '../fetch/commit-note.ts'
import type { AssignedPosition, GroupPosition, OutOfRange } from './consumer-port.ts'
import type { TopicPartition } from '../records.ts'

/** What Kafka knows of a partition at the moment it is assigned. */
export interface PartitionState extends TopicPartition, CommitNote {
  /** The group's committed offset; `null` when it never committed one. */
  readonly committed: number | null
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
  for (const { topic, partition, committed, earliest, latest, lostBefore, cutAt } of partitions) {
    const atEarliest = { topic, partition, offset: earliest, latest, lostBefore: earliest }
    if (committed === null) positions.push(atEarliest)
    else if (committed >= earliest && committed <= latest && cutAt === undefined) {
      positions.push({ topic, partition, offset: committed, latest, ...knownLost(lostBefore) })
    } else {
      const cut = cutAt === undefined ? {} : { cutAt }
      outOfRange.push({ topic, partition, committed, earliest, latest, ...cut })
      if (onOutOfRange === 'earliest') positions.push(atEarliest)
    }
  }
  return { positions, outOfRange }
}

function knownLost(lostBefore = 0): Pick<GroupPosition, 'lostBefore'> {
  return lostBefore === 0 ? {} : { lostBefore }
}

/**
 * What is committed anew where a log ends, or ended, below what was committed, before anything of it is read: that it was so, as the
 * next look may find it longer than that, and nothing wrong; or that somebody has decided to go on with what is left.
 */
export function cutsToKeep(
  outOfRange: readonly OutOfRange[],
  onOutOfRange: OnOutOfRange,
): readonly GroupPosition[] {
  const cut = outOfRange.filter(
    ({ committed, latest, cutAt }) => committed > latest || cutAt !== undefined,
  )
  if (onOutOfRange === 'earliest') {
    return cut.map(({ topic, partition, earliest }) => {
      return { topic, partition, offset: earliest, lostBefore: earliest }
    })
  }
  return cut
    .filter(({ cutAt }) => cutAt === undefined) // else it is committed already
    .map(({ topic, partition, committed: offset, latest: cutAt }) => {
      return { topic, partition, offset, cutAt }
    })
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
