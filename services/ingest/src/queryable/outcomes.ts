import type { WaitCode } from '@custom-events/event'
import type { Queryable } from '../response/queryable.ts'

export function no(code: WaitCode, detail: string): Queryable {
  return { isQueryable: false, code, detail }
}

/** What browsers may read. Names, addresses and what to do about them are in the log, see `createLookTrouble`. */
export const NOT_IN_TIME = no('not_queryable_yet', 'the consumer has not come so far in time')
export const NOBODY_ANSWERED = no(
  'not_queryable_yet',
  'Kafka did not say in time how far the consumer is',
)
export const SHUTTING_DOWN = no('not_queryable_yet', 'this instance is shutting down')
export const MAY_NOT_KNOW = no(
  'queryable_unknown',
  'ingest has no right to see how far the consumer is; its log names the right',
)
