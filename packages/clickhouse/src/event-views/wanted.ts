import { assignNames, viewName } from './names.ts'
import type { FoundNames, FoundView } from './read.ts'
import type { PlannedEvent } from './sources.ts'
import type { EventView } from './statement.ts'
import { wantedView, type ViewOptions } from './wanted-view.ts'

export interface WantedOptions extends ViewOptions {
  readonly plans: readonly PlannedEvent[]
  readonly found: FoundNames
  /** How many views of events without a plan there are; with those that had one before, up to twice as many. */
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

/**
 * Those of plans, those that have a view already, and the most frequent others: whatever stands, else a flood of names would
 * keep all later ones out for ever. Only where there would be twice as many as there may be, it does.
 */
function eventsWithView(
  { catalogue, maxViews }: WantedOptions,
  planByEvent: ReadonlyMap<string, PlannedEvent>,
  foundByEvent: ReadonlyMap<string, FoundView>,
): { readonly events: readonly string[]; readonly notes: string[] } {
  const unplanned = catalogue.events.filter((event) => !planByEvent.has(event))
  const standing = unplanned.filter((event) => foundByEvent.has(event))
  const events = [...planByEvent.keys(), ...standing]
  if (!catalogue.isComplete) return { events, notes: [STILL_COUNTED] }
  const frequent = unplanned.slice(0, maxViews).filter((event) => !foundByEvent.has(event))
  const room = Math.max(0, 2 * maxViews - standing.length)
  const added = frequent.slice(0, room)
  const notes: string[] = []
  const without = catalogue.size - (catalogue.events.length - unplanned.length) - standing.length - added.length // prettier-ignore
  if (without > 0) {
    notes.push(
      `${without} of ${catalogue.size} events have no view: CLICKHOUSE_EVENT_VIEWS_MAX=${maxViews} allows no more; a tracking plan gives an event one in any case, and tracked has them all`,
    )
  }
  const keptOut = frequent[room]
  if (keptOut !== undefined) {
    const rarest = standing.toReversed().map((event) => foundByEvent.get(event)?.name)
    notes.push(
      `${JSON.stringify(keptOut)} has no view although it is frequent: ${standing.length} events have theirs from before, the rarest ${rarest.slice(0, MAX_NAMED).join(', ')}; drop those that nobody asks (DROP VIEW …), then run \`npm run views\``,
    )
  }
  return { events: [...events, ...added], notes }
}

const MAX_NAMED = 10

const STILL_COUNTED =
  'the catalogue of events is still being counted (rollup_freshness says until when): only views of plans that had none were made; run `npm run views` when it is'
