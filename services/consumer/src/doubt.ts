import type { FetchedRecord } from '@custom-events/kafka'

/** Offsets that a table has, by partition. */
export type PresentOffsets = ReadonlyMap<number, ReadonlySet<number>>

/** From the first to the last offset of each partition, both included. */
export function offsetRanges(
  records: readonly FetchedRecord[],
): readonly { readonly partition: number; readonly from: number; readonly to: number }[] {
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

/** The records that the table does not have. */
export function missingRecords(
  records: readonly FetchedRecord[],
  present: PresentOffsets,
): readonly FetchedRecord[] {
  return records.filter(({ partition, offset }) => present.get(partition)?.has(offset) !== true)
}

/**
 * Partitions that stay in doubt after a read-back whatever their offset: where the table has the last
 * record of the range, a previous owner got at least so far, and may have got farther.
 */
export function stillInDoubt(
  records: readonly FetchedRecord[],
  present: PresentOffsets,
): ReadonlySet<number> {
  return new Set(
    offsetRanges(records)
      .filter(({ partition, to }) => present.get(partition)?.has(to) === true)
      .map(({ partition }) => partition),
  )
}
