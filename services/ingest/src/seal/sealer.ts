import {
  createSealValue,
  findSealable,
  sealProperties,
  type PlanSet,
  type SealScope,
  type SealValue,
  type TrackedEvent,
} from '@custom-events/event'
import type { SealKey } from './seal-key.ts'
import type { SealKeys } from './seal-keys.ts'

/** Seals what the plan of an accepted event marks. */
export interface Sealer {
  /** @returns `null`: there is nothing to seal in it. */
  seal(event: TrackedEvent, plans: Pick<PlanSet, 'sealsByEvent'>): SealedEvent | null
}

/** @param sealValue another only in tests. */
export function createSealer(keys: SealKeys, sealValue: SealValue = createSealValue()): Sealer {
  return {
    seal: (event, { sealsByEvent }) => {
      const tree = sealsByEvent?.get(event.event)
      if (tree === undefined) return null
      const { properties, event_id: eventId } = event
      const sealable = findSealable(properties, tree)
      if (sealable.length === 0) return null
      const used = new Map<SealScope, SealKey>()
      const keyOf = (scope: SealScope): SealKey => {
        const key = used.get(scope) ?? keys.of(scope, event)
        used.set(scope, key)
        return key
      }
      const sealed = sealProperties(properties, sealable, { sealValue, keyOf, eventId })
      return new SealedEvent(event, sealed, [...used.values()])
    },
  }
}

/** An accepted event as it is produced. */
export class SealedEvent implements TrackedEvent {
  readonly event_id: string
  readonly event: string
  readonly group_id: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly timestamp: number
  readonly sent_at: number | null
  readonly received_at: number
  readonly properties: string
  readonly context: string
  readonly extra: string
  readonly source: string
  /** Those that opening it takes: it must not be produced before Kafka has them. */
  readonly keys: readonly SealKey[]

  constructor(event: TrackedEvent, properties: string, keys: readonly SealKey[]) {
    this.event_id = event.event_id
    this.event = event.event
    this.group_id = event.group_id
    this.user_id = event.user_id
    this.anonymous_id = event.anonymous_id
    this.timestamp = event.timestamp
    this.sent_at = event.sent_at
    this.received_at = event.received_at
    this.properties = properties
    this.context = event.context
    this.extra = event.extra
    this.source = event.source
    this.keys = keys
  }
}
