import type { Fork } from './fork.ts'
import { forksOfEvents } from './of-events.ts'
import { forksOfRequests } from './of-requests.ts'

export const forks: readonly Fork[] = [...forksOfRequests, ...forksOfEvents]
