import { daysBetween } from '../clock.ts'
import { byTime, compare, named, own, rounded, type Asked, type Truth } from './asked.ts'

/** The catalogue knows all time: the range only chooses among its rows. */
export const properties: Truth = (asked) => {
  const events = named(byTime(asked.sample.events), own(asked, 'event'))
  const members = events.flatMap(({ timestamp, properties: of }) =>
    Object.entries(of).map(([property, value]) => ({ property, timestamp, type: typeof value })),
  )
  const grouped = [...Map.groupBy(members, ({ property }) => property)]
  const shown = grouped.filter(([, of]) => {
    const last = of.at(-1)?.timestamp ?? 0
    return last >= asked.begins && last < asked.ends
  })
  const rows = shown.map(([property, of]) => ({
    share: of.length / events.length,
    row: {
      property,
      share: rounded(of.length / events.length, 3),
      types: typesOf(of.map(({ type }) => type)),
      first: asked.clock.text(of[0]?.timestamp ?? 0),
      last: asked.clock.text(of.at(-1)?.timestamp ?? 0),
    },
  }))
  return rows
    .toSorted(
      (one, other) => other.share - one.share || compare(one.row.property, other.row.property),
    )
    .map(({ row }) => row)
}

/** The most frequent first. */
function typesOf(types: readonly string[]): string {
  const counted = [...Map.groupBy(types, (type) => type)]
  return counted
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([type]) => type)
    .join(', ')
}

interface Seen {
  readonly event: string
  readonly events: number
  readonly first: number
  readonly last: number
}

function catalogue({ sample }: Asked): readonly Seen[] {
  return [...Map.groupBy(byTime(sample.events), ({ event }) => event)].map(([event, of]) => ({
    event,
    events: of.length,
    first: of[0]?.timestamp ?? 0,
    last: of.at(-1)?.timestamp ?? 0,
  }))
}

/** Names are made by producers: without a bound each would be compared with each. */
const MOST_SHOWN = 200
const MOST_COMPARED = 10_000

export const newEvents: Truth = (asked) => {
  const all = catalogue(asked)
  const frequent = all
    .toSorted((one, other) => other.events - one.events || compare(other.event, one.event))
    .slice(0, MOST_COMPARED)
  return all
    .filter(({ first }) => first >= asked.begins && first < asked.ends)
    .toSorted((one, other) => one.first - other.first || compare(one.event, other.event))
    .slice(0, MOST_SHOWN)
    .map(({ event, events, first }) => {
      const similar = frequent.find(
        (other) => other.first < first && editDistance(event, other.event) <= 2,
      )
      return { event, events, first: asked.clock.text(first), similar_to: similar?.event ?? '' }
    })
}

/** Letters to change, add or remove to get from one to the other. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of one.split('').entries()) {
    const next = [index + 1]
    for (const [at, wanted] of other.split('').entries()) {
      next.push(
        Math.min(
          (row[at] ?? 0) + Number(letter !== wanted),
          (row[at + 1] ?? 0) + 1,
          (next[at] ?? 0) + 1,
        ),
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}

export const deadEvents: Truth = (asked) => {
  const { begins, ends, clock } = asked
  if (begins >= ends) return []
  const middle = begins + Math.trunc((ends - begins) / 2)
  return catalogue(asked)
    .filter(({ last }) => last < middle)
    .toSorted((one, other) => one.last - other.last || compare(one.event, other.event))
    .map(({ event, events, last }) => ({
      event,
      events,
      last: clock.text(last),
      days_silent: daysBetween(clock.day(last), clock.day(ends)),
    }))
}
