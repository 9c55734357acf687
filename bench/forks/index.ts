import type { Fork } from './fork.ts'
import { forksOfEvents } from './of-events.ts'
import { forksOfRequests } from './of-requests.ts'

export const forks: readonly Fork[] = [...forksOfRequests, ...forksOfEvents]

/** The same code twice: what it differs by is the method's. */
export const NOTHING: Fork = {
  name: 'nothing',
  why: 'it shows what the method may be wrong by',
  loads: ['single events', 'batches of 100', 'gzip batches of 100'],
  lines: [],
  without: [],
}
