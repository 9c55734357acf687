import { ACCOUNT_OF_PERSON, ERASED_ACCOUNT, ERASED_PERSON } from './accounts.ts'
import type { SentEvent } from './event.ts'

/** Whose event it is that was refused at first. */
interface Owner {
  readonly group_id: string
  readonly user_id: string
  readonly isErased: boolean
}

/** Who is erased, somebody beside them, and who has the same id elsewhere. */
export const OWNERS: readonly Owner[] = [
  { group_id: ERASED_ACCOUNT, user_id: 'user_1', isErased: true },
  { group_id: ACCOUNT_OF_PERSON, user_id: ERASED_PERSON, isErased: true },
  { group_id: ACCOUNT_OF_PERSON, user_id: 'neighbour_1', isErased: false },
  { group_id: 'account_hot', user_id: ERASED_PERSON, isErased: false },
]

/** With the rules of a run it is refused; `EARLIEST_MENDED` allows it. */
const EARLY = '1999-05-01T00:00:00.000Z'
export const EARLIEST_MENDED = '1990-01-01T00:00:00Z'

export function ownerOf(number: number): Owner {
  const owner = OWNERS[Math.floor(number / 4) % OWNERS.length]
  if (owner === undefined) throw new RangeError(`invalid event ${number} has no owner`)
  return owner
}

/** Whether invalid event `number` is one that a replay makes good, where there is somebody to be erased. */
export function isEarly(number: number): boolean {
  return number % 4 >= 2
}

/** What is too early by the rules of a run, and by no others. */
export function makeEarlyEvent(number: number): SentEvent {
  const { group_id, user_id } = ownerOf(number)
  return {
    event_id: earlyId(number),
    event: 'early',
    group_id,
    user_id,
    timestamp: EARLY,
    properties: { number },
  }
}

export function earlyId(number: number): string {
  return `early.${number}`
}
