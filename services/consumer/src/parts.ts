import type { FetchedRecord } from '@custom-events/kafka'
import type { Route } from './read/route.ts'

/** The first and the second half. */
export function halves(records: readonly FetchedRecord[]): readonly (readonly FetchedRecord[])[] {
  const middle = Math.ceil(records.length / 2)
  return [records.slice(0, middle), records.slice(middle)]
}

/** ClickHouse makes a part of each month, in each view too: more at once can take longer than one insert may. */
const MAX_MONTHS = 100

/** Some of the months each, at most half of them, each record with all of its month; of one month only one part. */
export function byMonths(
  route: Pick<Route, 'monthOf'>,
  records: readonly FetchedRecord[],
): readonly (readonly FetchedRecord[])[] {
  const byMonth = Map.groupBy(records, (record) => route.monthOf(record))
  const months = [...byMonth.keys()].toSorted((one, other) => one - other)
  if (months.length < 2) return [records]
  const size = Math.min(MAX_MONTHS, Math.ceil(months.length / 2))
  const partOf = new Map(months.map((month, index) => [month, Math.floor(index / size)]))
  return [...Map.groupBy(records, (record) => partOf.get(route.monthOf(record)) ?? 0).values()]
}
