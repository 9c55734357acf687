// What the rollups and the catalogue must say, counted from the copies that were sent, without SQL.
import type { Copy } from '../support/rollups.ts'

const DAY_MS = 86_400_000

interface Kept {
  readonly copy: Copy
  readonly user: string
  /** Days since 1970. */
  readonly day: number
}

/** Of several copies of an event the one with the highest version. */
export function kept(copies: readonly Copy[]): readonly Copy[] {
  const byIdentity = new Map<string, Copy>()
  for (const copy of copies) {
    const identity = JSON.stringify([copy.group_id, copy.event, copy.timestamp, copy.event_id])
    const other = byIdentity.get(identity)
    if (other === undefined || other.version <= copy.version) byIdentity.set(identity, copy)
  }
  return [...byIdentity.values()]
}

/** Each count as a line of text, sorted: `acme | 2026-01-31 | 12 | 3`. */
export interface Truth {
  readonly eventsDaily: readonly string[]
  readonly activeDaily: readonly string[]
  readonly activeWeekly: readonly string[]
  readonly activeMonthly: readonly string[]
  readonly catalogueEvents: readonly string[]
  readonly catalogueProperties: readonly string[]
}

export function truthOf(copies: readonly Copy[]): Truth {
  const events = kept(copies).map((copy): Kept => {
    const day = Math.floor(millisecondsOf(copy.timestamp) / DAY_MS)
    return { copy, user: copy.user_id ?? copy.anonymous_id ?? '', day }
  })
  return {
    eventsDaily: counted(events, ({ copy, day }) => [copy.group_id, copy.event, dateOf(day)]),
    activeDaily: counted(events, ({ copy, day }) => [copy.group_id, dateOf(day)]),
    activeWeekly: counted(events, ({ copy, day }) => [copy.group_id, dateOf(mondayOf(day))]),
    activeMonthly: counted(events, ({ copy, day }) => [
      copy.group_id,
      `${dateOf(day).slice(0, 7)}-01`,
    ]),
    catalogueEvents: catalogueEvents(events),
    catalogueProperties: catalogueProperties(events),
  }
}

function counted(
  events: readonly Kept[],
  keyOf: (event: Kept) => readonly string[],
): readonly string[] {
  return [...Map.groupBy(events, (event) => keyOf(event).join(' | '))]
    .map(([key, of]) => `${key} | ${of.length} | ${new Set(of.map(({ user }) => user)).size}`)
    .toSorted()
}

function catalogueEvents(events: readonly Kept[]): readonly string[] {
  return [...Map.groupBy(events, ({ copy }) => copy.event)]
    .map(([event, of]) => {
      const days = new Set(of.map(({ day }) => day)).size
      return [event, of.length, days, ...seen(of)].join(' | ')
    })
    .toSorted()
}

function catalogueProperties(events: readonly Kept[]): readonly string[] {
  return [...Map.groupBy(events, ({ copy }) => copy.event)]
    .flatMap(([event, ofEvent]) => {
      const members = ofEvent.flatMap((each) =>
        Object.entries(JSON.parse(each.copy.properties) as object).map(([property, value]) => ({
          ...each,
          property,
          type: typeOf(value),
        })),
      )
      return [...Map.groupBy(members, ({ property }) => property)].map(([property, of]) => {
        const share = (of.length / ofEvent.length).toFixed(6)
        const types = [...Map.groupBy(of, ({ type }) => type)].map(
          ([type, { length }]) => `${type}:${length}`,
        )
        return [event, property, of.length, share, types.toSorted().join(' '), ...seen(of)].join(
          ' | ',
        )
      })
    })
    .toSorted()
}

function seen(events: readonly Kept[]): readonly string[] {
  const times = events.map(({ copy }) => copy.timestamp).toSorted()
  return [times[0] ?? '', times.at(-1) ?? '']
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function millisecondsOf(timestamp: string): number {
  return Date.parse(`${timestamp.replace(' ', 'T')}Z`)
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** 1970-01-01 was a Thursday. */
function mondayOf(day: number): number {
  return day - ((((day + 3) % 7) + 7) % 7)
}
