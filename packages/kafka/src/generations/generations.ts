import type { Announcements } from './announced.ts'
import { generationTopic, type Generation } from './generation-record.ts'
import { momentNow, msSince, type Moment } from './moment.ts'
import { PLACE_LEASE_MS, placeOf, type AccountsPlace } from './place.ts'

/** The generations of the topic of accepted events, as this process knows them. */
export interface Generations {
  /** All of them, the oldest first. */
  readonly all: readonly Generation[]
  /** Where an event goes that is here now, and may go whenever it gets there. */
  readonly place: () => AccountsPlace
  /** Whether nobody can have written to a generation that is not among `all`. */
  isKnown(): boolean
}

export function createGenerations(options: {
  /** KAFKA_TOPIC. */
  readonly tracked: string
  /** KAFKA_PARTITIONS. */
  readonly partitions: number
  readonly announcements: Pick<Announcements, 'announced' | 'readAt' | 'problem'>
  /** @default PLACE_LEASE_MS */
  readonly leaseMs?: number
  /** @default momentNow */
  readonly now?: () => Moment
}): Generations {
  const { tracked, partitions, announcements } = options
  const { leaseMs = PLACE_LEASE_MS, now = momentNow } = options
  const first = { generation: 1, topic: generationTopic(tracked, 1), partitions }
  const place = (): AccountsPlace => {
    const { announced, readAt, problem } = announcements
    const found = placeOf({ first, announced, readAt }, now(), leaseMs)
    return found.closed === null || problem === null ? found : { ...found, closed: problem }
  }
  return {
    get all() {
      return [first, ...announcements.announced]
    },
    place,
    isKnown: () => {
      const { readAt } = announcements
      return readAt !== null && msSince(readAt, now()) <= leaseMs
    },
  }
}
