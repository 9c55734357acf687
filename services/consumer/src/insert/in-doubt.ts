import type { OffsetRange, PresentIdentities } from '@custom-events/clickhouse'
import type { FetchedRecord } from '@custom-events/kafka'

/** Partitions whose table may hold rows that are not committed, and below which offset. */
export type InDoubt = ReadonlyMap<number, number>

/** Offsets that a table has, by partition. */
export type PresentOffsets = ReadonlyMap<number, ReadonlySet<number>>

/** Of the records those whose place is taken by themselves, and not by another record. */
export function sameRecords(
  records: readonly FetchedRecord[],
  found: PresentIdentities,
  identityOf: (record: FetchedRecord) => string,
): PresentOffsets {
  const same = new Map<number, Set<number>>()
  for (const record of records) {
    const { partition, offset } = record
    const identities = found.get(partition)?.get(offset)
    // Asked for only where something lies: mostly nothing does.
    if (identities === undefined || !identities.has(identityOf(record))) continue
    same.set(partition, (same.get(partition) ?? new Set()).add(offset))
  }
  return same
}

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

/** The records of partitions in doubt. */
export function recordsInDoubt(
  records: readonly FetchedRecord[],
  inDoubt: InDoubt,
): readonly FetchedRecord[] {
  return inDoubt.size === 0 ? [] : records.filter(({ partition }) => inDoubt.has(partition))
}

/** What is in doubt from the last of these records on, by partition. */
export function rangesAhead(
  records: readonly FetchedRecord[],
  inDoubt: InDoubt,
): readonly OffsetRange[] {
  return offsetRanges(records).flatMap(({ partition, to }) => {
    const last = (inDoubt.get(partition) ?? 0) - 1
    return last > to ? [{ partition, from: to, to: last }] : []
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
 * Partitions that stay in doubt after a read-back: those without a record here, which it did not ask about,
 * and those where the table has the last of these records or one ahead of it, so that a previous owner got
 * at least so far.
 */
export function stillInDoubt(
  records: readonly FetchedRecord[],
  found: { readonly present: PresentOffsets; readonly ahead: ReadonlyMap<number, number> },
  inDoubt: InDoubt,
): ReadonlySet<number> {
  const settled = offsetRanges(records)
    .filter(({ partition, to }) => found.present.get(partition)?.has(to) !== true)
    .filter(({ partition }) => !found.ahead.has(partition))
    .map(({ partition }) => partition)
  return new Set(inDoubt.keys()).difference(new Set(settled))
}
