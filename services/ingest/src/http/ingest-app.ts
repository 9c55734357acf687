import type { RequestListener } from 'node:http'
import type { Audience } from '@custom-events/event'
import type { Messages } from './messages.ts'

/** What answers requests, which must be made of its `messages`: see `startIngestServer`. */
export type IngestApp = RequestListener & {
  readonly messages: Messages
  /** Who posts to this URL, or `undefined` when nobody should. */
  readonly audienceOf: (url: string) => Audience | undefined
}
