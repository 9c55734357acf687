import type { OffsetRange } from '@custom-events/clickhouse'
import type { FetchedRecord } from '@custom-events/kafka'

/** Partitions whose table may hold rows that are not committed, and below which offset. */
export type Doubt = ReadonlyMap<number, number>

/** Offsets that a table has, by partition. */
export type PresentOffsets = ReadonlyMap<number, ReadonlySet<number>>

/** From the first to the last offset of each partition, both included. */
export function offsetRanges(records: readonly FetchedRecord[]): readonly OffsetRange[] {
  const ranges = new Map<number, { from: number; to: number }>()
  for (const { partition, offset } of records) {
    const range = ranges.get(partition)
    if (range === undefined) ranges.set(partition, { from: offset, to: offset })
    else {
      range.from = Math.min(range.from, offset)
      range.to = Math.max(range.to, offset)
    }
  }
  return [...ranges].map(([partition, range]) => ({ partition, ...range }))
}

/** Of each partition of these records that is in doubt: from its first offset to the end of the doubt. */
export function doubtedRanges(
  records: readonly FetchedRecord[],
  doubt: Doubt,
): readonly OffsetRange[] {
  return offsetRanges(records).flatMap(({ partition, from, to }) => {
    const end = doubt.get(partition)
    return end === undefined ? [] : [{ partition, from, to: Math.max(to, end - 1) }]
  })
}

/** The records that the table does not have. */
export function missingRecords(
  records: readonly FetchedRecord[],
  present: PresentOffsets,
): readonly FetchedRecord[] {
  return records.filter(({ partition, offset }) => present.get(partition)?.has(offset) !== true)
}

/**
 * Partitions that stay in doubt after a read-back of `doubtedRanges`: those it did not ask about, and
 * those where the table has the last of these records or one beyond, so that a previous owner got at
 * least so far.
 */
export function stillInDoubt(
  records: readonly FetchedRecord[],
  present: PresentOffsets,
  doubt: Doubt,
): ReadonlySet<number> {
  const settled = offsetRanges(records)
    .filter(({ partition, to }) => !someFrom(to, present.get(partition)))
    .map(({ partition }) => partition)
  return new Set(doubt.keys()).difference(new Set(settled))
}

function someFrom(least: number, offsets: ReadonlySet<number> | undefined): boolean {
  return [...(offsets ?? [])].some((offset) => offset >= least)
}
