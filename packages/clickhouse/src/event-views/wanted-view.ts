import {
  canBeColumn,
  KINDS,
  MAX_COLUMNS,
  MAX_NAME_BYTES,
  propertyColumn,
  SEEN_TYPES,
  type StandingHotProperty,
} from './columns.ts'
import { assignNames, columnName } from './names.ts'
import type { FoundView } from './read.ts'
import type { Catalogue, CataloguedProperty, PlannedEvent } from './sources.ts'
import { columnsThatFit, type BaseColumn, type EventView } from './statement.ts'

/** What is the same for all views. */
export interface ViewOptions {
  readonly catalogue: Catalogue
  readonly hot: readonly StandingHotProperty[]
  readonly isPersonal: (property: string) => boolean
  /** The columns of `tracked`, but those of hot properties. */
  readonly base: readonly BaseColumn[]
}

interface ViewSources {
  readonly name: string
  readonly event: string
  readonly plan: PlannedEvent | undefined
  readonly found: FoundView | undefined
}

/** The view of an event as it shall be, and what somebody should know of it. */
export function wantedView(
  { name, event, plan, found }: ViewSources,
  { catalogue, hot, isPersonal, base }: ViewOptions,
): EventView & { readonly told: readonly string[] } {
  const seen = catalogue.propertiesByEvent.get(event) ?? []
  const seenByProperty = new Map(seen.map((each) => [each.property, each]))
  const plannedByProperty = new Map((plan?.properties ?? []).map((each) => [each.property, each]))
  const hotByProperty = new Map(hot.toReversed().map((each) => [each.property, each])) // the first of several
  const every = [...new Set([...plannedByProperty.keys(), ...seenByProperty.keys()])]
  const isStanding = (property: string): boolean =>
    plannedByProperty.has(property) || found?.columnByProperty.has(property) === true
  const possible = every.filter(canBeColumn)
  const chosen = [
    ...possible.filter(isStanding),
    ...possible.filter((property) => !isStanding(property)),
  ].slice(0, MAX_COLUMNS)
  const baseNames = new Set(base.map((column) => column.name))
  const nameByKey = new Map(
    [...(found?.columnByProperty ?? [])].map(([property, column]) => [property, column.name]),
  )
  const names = assignNames(chosen, (property) => columnName(property, baseNames), {
    nameByKey,
    taken: baseNames,
  })
  const all = chosen.map((property) => ({
    name: names.get(property) ?? columnName(property, baseNames),
    ...propertyColumn({
      property,
      hot: hotByProperty.get(property),
      planned: plannedByProperty.get(property),
      catalogued: seenByProperty.get(property),
      isPersonal: isPersonal(property),
    }),
  }))
  const view = {
    name,
    event,
    description: plan?.description ?? null,
    isPlanned: plan !== undefined,
  }
  const fitting = columnsThatFit({ ...view, columns: all }, base)
  const isPlanned = ({ property }: { readonly property: string }): boolean =>
    plannedByProperty.has(property)
  // Not by their frequencies, which change.
  const columns = [
    ...fitting.filter(isPlanned),
    ...fitting.filter((column) => !isPlanned(column)).toSorted(byProperty),
  ]
  const told = [
    ...leftOut(name, every.length - columns.length),
    ...columns.flatMap((column) => typeChange(name, column, found)),
    ...(plan === undefined ? [] : misfits(name, plan, seenByProperty, columns)),
  ]
  return { ...view, columns, told }
}

function byProperty(one: { readonly property: string }, other: { readonly property: string }) {
  return one.property < other.property ? -1 : 1
}

function leftOut(view: string, count: number): readonly string[] {
  if (count === 0) return []
  return [
    `${view}: ${count} properties have no column (at most ${MAX_COLUMNS}, the most frequent, with names of up to ${MAX_NAME_BYTES} bytes, as many as ClickHouse reads in a statement): read them from properties`,
  ]
}

function typeChange(
  view: string,
  column: { readonly name: string; readonly property: string; readonly type: string },
  found: FoundView | undefined,
): readonly string[] {
  const before = found?.columnByProperty.get(column.property)?.type
  if (before === undefined || before === column.type) return []
  return [`${view}.${column.name}: was ${before}, is ${column.type} now`]
}

/** Where what arrives is not what the plan says. */
function misfits(
  view: string,
  plan: PlannedEvent,
  seenByProperty: ReadonlyMap<string, CataloguedProperty>,
  columns: readonly { readonly name: string; readonly property: string; readonly type: string }[],
): readonly string[] {
  return plan.properties.flatMap(({ property, kind }) => {
    const seen = seenByProperty.get(property)
    const column = columns.find((each) => each.property === property)
    if (seen === undefined || column === undefined || kind === null) return []
    const others = SEEN_TYPES.filter((type) => seen[type] > 0 && !KINDS[kind].fits.includes(type))
    if (others.length === 0) return []
    const counts = others.map((type) => `${seen[type]} ${type}`).join(', ')
    return [
      `${view}.${column.name} is ${column.type}, as ${plan.file} says, but there are ${counts} in ${JSON.stringify(property)}: NULL in the column, as sent in properties`,
    ]
  })
}
