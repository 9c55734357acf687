import { partitionKey } from './consumer-offsets.ts'
import type { FetchedRecords, GroupPosition } from './consumer-port.ts'

/**
 * Below which offset records were gone before the group had read them. It is committed beside the offsets, as their
 * metadata: a group that has gone on past a loss could not be told from one that never met it.
 */
export interface KnownLost {
  /** Offsets that were fetched may be of records that are not there. */
  found(fetched: Pick<FetchedRecords, 'topic' | 'partition' | 'next' | 'gaps'>): void
  /** An offset as it is to be committed. */
  beside(offset: GroupPosition): GroupPosition
}

/** Of one assignment, which began at these. */
export function createKnownLost(positions: readonly GroupPosition[]): KnownLost {
  const byPartition = new Map(
    positions.map((each) => [partitionKey(each), each.lostBefore ?? 0] as const),
  )
  return {
    found: ({ topic, partition, next, gaps = 0 }) => {
      if (gaps > 0) byPartition.set(partitionKey({ topic, partition }), next)
    },
    beside: (offset) => {
      const lostBefore = byPartition.get(partitionKey(offset)) ?? 0
      return lostBefore === 0 ? offset : { ...offset, lostBefore }
    },
  }
}
