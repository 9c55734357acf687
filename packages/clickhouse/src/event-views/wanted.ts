import type { HotProperty } from '../migrations/hot-properties.ts'
import { assignNames, columnName, viewName } from './names.ts'
import { canBeColumn, KINDS, MAX_COLUMNS, propertyColumn, SEEN_TYPES } from './columns.ts'
import type { FoundNames, FoundView } from './read.ts'
import type { Catalogue, CataloguedProperty, PlannedEvent } from './sources.ts'
import type { BaseColumn, EventView } from './statement.ts'

export interface WantedOptions {
  readonly plans: readonly PlannedEvent[]
  readonly catalogue: Catalogue
  readonly hot: readonly HotProperty[]
  readonly isPersonal: (property: string) => boolean
  readonly base: readonly BaseColumn[]
  readonly found: FoundNames
  /** How many views of events without a plan there may be. */
  readonly maxViews: number
}

export interface Wanted {
  readonly views: readonly EventView[]
  /** Views whose events are nowhere any more. */
  readonly gone: readonly FoundView[]
  /** What somebody should know. */
  readonly notes: readonly string[]
}

/** Which views there shall be, in what form. */
export function wantedViews(options: WantedOptions): Wanted {
  const { plans, catalogue, found } = options
  const planByEvent = new Map(plans.map((plan) => [plan.event, plan]))
  const foundByEvent = new Map(found.views.map((view) => [view.event, view]))
  // Uncounted, an event that is missing may be there, and a property too: what stands is left as it is.
  const isKept = (event: string): boolean => !catalogue.isComplete && foundByEvent.has(event)
  const { events, notes } = eventsWithView(options, planByEvent, foundByEvent)
  const names = assignNames(events, viewName, {
    nameByKey: new Map(found.views.map(({ event, name }) => [event, name])),
    taken: new Set([...found.others, ...namesOfOthers(found.views, new Set(events))]),
  })
  const views = events
    .filter((event) => !isKept(event))
    .flatMap((event) => {
      const name = names.get(event)
      if (name === undefined) return []
      const view = { name, event, plan: planByEvent.get(event), found: foundByEvent.get(event) }
      const { told, ...wanted } = wantedView(view, options)
      notes.push(...told)
      return [wanted]
    })
  const present = new Set(events)
  const gone = catalogue.isComplete ? found.views.filter(({ event }) => !present.has(event)) : []
  return { views, gone, notes }
}

/** Also one that is to be dropped keeps its name until it is. */
function namesOfOthers(
  views: readonly FoundView[],
  events: ReadonlySet<string>,
): readonly string[] {
  return views.filter(({ event }) => !events.has(event)).map(({ name }) => name)
}

/** Those of plans, those that have a view already, and the most frequent others up to the bound. */
function eventsWithView(
  { catalogue, maxViews }: WantedOptions,
  planByEvent: ReadonlyMap<string, PlannedEvent>,
  foundByEvent: ReadonlyMap<string, FoundView>,
): { readonly events: readonly string[]; readonly notes: string[] } {
  const notes: string[] = []
  const unplanned = catalogue.events.filter((event) => !planByEvent.has(event))
  const standing = unplanned.filter((event) => foundByEvent.has(event))
  const others = catalogue.isComplete ? unplanned.filter((event) => !foundByEvent.has(event)) : []
  const room = Math.max(0, maxViews - standing.length)
  const seenAndPlanned = catalogue.events.length - unplanned.length
  const without = catalogue.size - seenAndPlanned - standing.length - Math.min(room, others.length)
  if (!catalogue.isComplete) {
    notes.push(
      'the catalogue of events is still being counted (rollup_freshness says until when): only views of plans that had none were made; run `custom-events views` when it is',
    )
  } else if (without > 0) {
    notes.push(
      `${without} of ${catalogue.size} events have no view, the rarest: CLICKHOUSE_EVENT_VIEWS_MAX=${maxViews} allows no more; a tracking plan gives an event one in any case, and tracked has them all`,
    )
  }
  return { events: [...planByEvent.keys(), ...standing, ...others.slice(0, room)], notes }
}

interface ViewSources {
  readonly name: string
  readonly event: string
  readonly plan: PlannedEvent | undefined
  readonly found: FoundView | undefined
}

function wantedView(
  { name, event, plan, found }: ViewSources,
  { catalogue, hot, isPersonal, base }: WantedOptions,
): EventView & { readonly told: readonly string[] } {
  const seen = catalogue.propertiesByEvent.get(event) ?? []
  const seenByProperty = new Map(seen.map((each) => [each.property, each]))
  const plannedByProperty = new Map((plan?.properties ?? []).map((each) => [each.property, each]))
  const hotByProperty = new Map(hot.toReversed().map((each) => [each.property, each])) // the first of several
  const every = [...new Set([...plannedByProperty.keys(), ...seenByProperty.keys()])]
  const isStanding = (property: string): boolean =>
    plannedByProperty.has(property) || found?.columnByProperty.has(property) === true
  const possible = every.filter(canBeColumn)
  const chosen = new Set(
    [...possible.filter(isStanding), ...possible.filter((property) => !isStanding(property))].slice(
      0,
      MAX_COLUMNS,
    ),
  )
  // Not by their frequencies, which change.
  const properties = [
    ...possible.filter((property) => chosen.has(property) && plannedByProperty.has(property)),
    ...possible
      .filter((property) => chosen.has(property) && !plannedByProperty.has(property))
      .toSorted(),
  ]
  const baseNames = new Set(base.map((column) => column.name))
  const nameByKey = new Map(
    [...(found?.columnByProperty ?? [])].map(([property, column]) => [property, column.name]),
  )
  const names = assignNames(properties, (property) => columnName(property, baseNames), {
    nameByKey,
    taken: baseNames,
  })
  const columns = properties.map((property) => ({
    name: names.get(property) ?? columnName(property, baseNames),
    ...propertyColumn({
      property,
      hot: hotByProperty.get(property),
      planned: plannedByProperty.get(property),
      catalogued: seenByProperty.get(property),
      isPersonal: isPersonal(property),
    }),
  }))
  const told = [
    ...leftOut(name, every.length - properties.length),
    ...columns.flatMap((column) => typeChange(name, column, found)),
    ...(plan === undefined ? [] : misfits(name, plan, seenByProperty, columns)),
  ]
  return { name, event, description: plan?.description ?? null, columns, told }
}

function leftOut(view: string, count: number): readonly string[] {
  if (count === 0) return []
  return [
    `${view}: ${count} properties have no column (at most ${MAX_COLUMNS}, the most frequent, with names of up to 150 bytes): read them from properties`,
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
