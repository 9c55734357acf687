import type { PlannedProperty } from '@custom-events/event'

/** A tracking plan, as far as it makes a view. */
export interface PlannedEvent {
  readonly file: string
  readonly event: string
  readonly description: string | null
  readonly properties: readonly PlannedProperty[]
}

/** A property of an event, and how many events have a value of which JSON type there. */
export interface CataloguedProperty {
  readonly property: string
  readonly strings: number
  readonly numbers: number
  readonly booleans: number
  readonly objects: number
  readonly arrays: number
}

/** What the catalogue says of the events that were asked about. */
export interface Catalogue {
  /** Whether all events are counted: else what is missing may be there. */
  readonly isComplete: boolean
  /** How many events there are. */
  readonly size: number
  /** The most frequent events, and of those asked for the ones that are there; the most frequent first. */
  readonly events: readonly string[]
  /** The most frequent first. */
  readonly propertiesByEvent: ReadonlyMap<string, readonly CataloguedProperty[]>
}
