import type { RequestCode } from '@custom-events/event'
import { Refusal, type LoadReason } from '../response/refusal.ts'

/** Everything that speaks against taking another request, right now. */
export interface Pressure {
  readonly isDraining: boolean
  readonly kafkaReason: string | null
  readonly schemaReason: string | null
  /** For a long body: half full. */
  readonly isProducerFull: boolean
  readonly hasRoom: boolean
  /** It is a long body, and many of them wait. */
  readonly isLongBodyQueueFull: boolean
}

/** Decides, before a body is read, whether to refuse it because of load; `null` takes the request. */
export function refusalForLoad(pressure: Pressure): Refusal | null {
  if (pressure.isDraining) return DRAINING
  if (pressure.kafkaReason !== null) return KAFKA_AWAY
  if (pressure.schemaReason !== null) return REGISTRY_AWAY
  if (pressure.isProducerFull) return PRODUCER_FULL
  if (!pressure.hasRoom) return NO_ROOM
  return pressure.isLongBodyQueueFull ? TOO_MANY_LONG_BODIES : null
}

const ON_THEIR_WAY = 'too many events are on their way; nothing was taken'
const DRAINING = refused(
  'draining',
  'draining',
  'this instance is shutting down; nothing was taken',
)
export const KAFKA_AWAY = refused(
  'kafka_away',
  'kafka_unavailable',
  'Kafka cannot be used right now; nothing was taken',
)
/** Also found later, when the registry no longer knows the id that is written. */
export const REGISTRY_AWAY = refused(
  'registry_away',
  'kafka_unavailable',
  'the schema registry does not know the schema of events now; nothing was taken',
)
/** Also found by a long body that has its slot. */
export const PRODUCER_FULL = refused('producer_buffer', 'overloaded', ON_THEIR_WAY)
/** Also found while a body is read or inflated. */
export const NO_ROOM = refused('bytes_in_flight', 'overloaded', ON_THEIR_WAY)
/** Also found later, when a body says only after it was sent how long it is. */
export const TOO_MANY_LONG_BODIES = refused(
  'long_bodies',
  'overloaded',
  'too many long bodies wait to be judged; nothing was taken',
)

/** Found by the pages themselves, which hold no event. */
export const TOO_MANY_PAGES = refused(
  'pages',
  'overloaded',
  'pages are asked for faster than they are given; ask again in a moment',
)

/** Made once: in overload most requests are refused, and each error would look at the stack. */
function refused(reason: LoadReason, code: RequestCode, detail: string): Refusal {
  return new Refusal(code, detail, { loadReason: reason })
}
