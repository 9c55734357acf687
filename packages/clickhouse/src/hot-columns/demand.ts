import { extractionsIn, type ViewColumns } from './extractions.ts'

/** A statement of the log, and what all its runs took together. */
export interface AskedQuery {
  readonly query: string
  readonly queries: number
  /** CPU seconds; where the log does not say, those from beginning to end. */
  readonly seconds: number
  /** 0 where the log does not say. */
  readonly rows: number
}

/** What queries that read a property from the JSON took. */
export interface Demand {
  readonly property: string
  readonly queries: number
  /** A query's are divided among the properties that it reads. */
  readonly seconds: number
  readonly rows: number
}

/** The property that costs most first. */
export function demandOf(asked: readonly AskedQuery[], views: ViewColumns): readonly Demand[] {
  const byProperty = new Map<string, Demand>()
  for (const { query, queries, seconds, rows } of asked) {
    const properties = extractionsIn(query, views)
    for (const property of properties) {
      const before = byProperty.get(property) ?? { property, queries: 0, seconds: 0, rows: 0 }
      byProperty.set(property, {
        property,
        queries: before.queries + queries,
        seconds: before.seconds + seconds / properties.size,
        rows: before.rows + rows,
      })
    }
  }
  return [...byProperty.values()].toSorted(
    (one, other) => other.seconds - one.seconds || other.queries - one.queries,
  )
}
