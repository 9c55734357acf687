import type { FetchedRecord } from '@custom-events/kafka'
import type { Route } from './route.ts'

/** The first and the second half. */
export function halves(records: readonly FetchedRecord[]): readonly (readonly FetchedRecord[])[] {
  const middle = Math.ceil(records.length / 2)
  return [records.slice(0, middle), records.slice(middle)]
}

/** Half of the months and the other half, each record with all of its month; of one month only one part. */
export function halvesByMonth(
  route: Pick<Route, 'monthOf'>,
  records: readonly FetchedRecord[],
): readonly (readonly FetchedRecord[])[] {
  const byMonth = Map.groupBy(records, (record) => route.monthOf(record))
  const months = [...byMonth.keys()].toSorted((one, other) => one - other)
  if (months.length < 2) return [records]
  const later = new Set(months.slice(Math.ceil(months.length / 2)))
  const parts = Map.groupBy(records, (record) => later.has(route.monthOf(record)))
  return [parts.get(false) ?? [], parts.get(true) ?? []]
}
