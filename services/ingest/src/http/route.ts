import type { Audience } from '@custom-events/event'
import type { IngestRequest, IngestResponse } from './messages.ts'

export type Handle = (request: IngestRequest, response: IngestResponse) => Promise<unknown> | void

/** One row of the table of endpoints. */
export interface Route {
  readonly paths: readonly (string | RegExp)[]
  /** `GET` is also asked for by `HEAD`. */
  readonly method: 'GET' | 'POST'
  readonly audience: Audience
  readonly handle: Handle
}
