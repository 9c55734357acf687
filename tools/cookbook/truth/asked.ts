// What every truth is counted with: plain loops over the sample, no SQL.
import { createClock, type Clock } from '../clock.ts'
import type { Sample, SampleEvent } from '../sample.ts'

/** The parameters of a query, as text: `from`, `to`, `tz` and its own. */
export type Parameters = Readonly<Record<string, string>>

export interface Asked {
  readonly sample: Sample
  readonly parameters: Parameters
  readonly clock: Clock
  /** Milliseconds since 1970; the end is no longer part of the range. */
  readonly begins: number
  readonly ends: number
}

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>
export type Truth = (asked: Asked) => readonly Row[]

export function ask(sample: Sample, parameters: Parameters): Asked {
  const clock = createClock(parameters['tz'] ?? 'UTC')
  const moment = (name: string): number => clock.moment(parameters[name] ?? '')
  return { sample, parameters, clock, begins: moment('from'), ends: moment('to') }
}

/** The value of one of the query's own parameters. */
export function own({ parameters }: Asked, name: string): string {
  const value = parameters[name]
  if (value === undefined) throw new Error(`the parameter ${name} has no value`)
  return value
}

export function inRange({ sample, begins, ends }: Asked): readonly SampleEvent[] {
  return sample.events.filter(({ timestamp }) => timestamp >= begins && timestamp < ends)
}

export function named(events: readonly SampleEvent[], event: string): readonly SampleEvent[] {
  return events.filter((each) => each.event === event)
}

export function userOf({ user_id, anonymous_id }: SampleEvent): string {
  return user_id ?? anonymous_id ?? ''
}

/** One user in one account. */
export function memberOf(event: SampleEvent): string {
  return `${event.group_id} ${userOf(event)}`
}

export function byTime(events: readonly SampleEvent[]): readonly SampleEvent[] {
  return events.toSorted(
    (one, other) => one.timestamp - other.timestamp || one.version - other.version,
  )
}

export function distinct<Item>(items: Iterable<Item>, keyOf: (item: Item) => unknown): number {
  return new Set([...items].map(keyOf)).size
}

/** A row for each group, in the order of its name. */
export function rowsBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  rowOf: (key: string, of: readonly Item[]) => Row,
): readonly Row[] {
  return [...Map.groupBy(items, keyOf)]
    .toSorted(([one], [other]) => compare(one, other))
    .map(([key, of]) => rowOf(key, of))
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** By each of the columns in turn; `-events` is the highest first, NULL is last. */
export function orderedBy(rows: readonly Row[], ...columns: readonly string[]): readonly Row[] {
  return rows.toSorted((one, other) => {
    for (const column of columns) {
      const name = column.replace(/^-/, '')
      const order = compareCells(one[name] ?? null, other[name] ?? null)
      if (order !== 0) return column === name ? order : -order
    }
    return 0
  })
}

function compareCells(one: Cell, other: Cell): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  if (typeof one === 'number' && typeof other === 'number') return one - other
  return compare(String(one), String(other))
}

/** The value that stands at that share of all values in their order; never one between two. `null` of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const ordered = values.toSorted((one, other) => one - other)
  return ordered[Math.min(Math.floor(share * ordered.length), ordered.length - 1)] ?? null
}

/** `null` stays `null`. Half of the last digit goes to the even one, as in ClickHouse. */
export function rounded(value: number | null, digits: number): number | null {
  if (value === null) return null
  const scaled = value * 10 ** digits
  const below = Math.floor(scaled)
  const isHalf = Math.abs(scaled - below - 0.5) < 1e-9
  return (isHalf ? below + Math.abs(below % 2) : Math.round(scaled)) / 10 ** digits
}

export function divided(value: number | null, by: number): number | null {
  return value === null ? null : value / by
}
