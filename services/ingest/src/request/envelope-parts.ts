import type { EnvelopeContext, EventInput } from '@custom-events/event'

/** A body taken apart: its events and what was said beside them. */
export interface Envelope {
  readonly events: readonly EventInput[]
  readonly context: EnvelopeContext | null
  readonly sentAt: { readonly value: unknown; readonly pointer: string } | null
  /** The write key that SDKs put into the body; used on their paths only. */
  readonly key: string | null
  /** It was not parsed: a key in it is known only from its bytes. @default false */
  readonly isUnread?: boolean
}

export interface EnvelopeLimits {
  readonly maxEvents: number
  /** Of the `context` beside a list, counted once for every event that it is laid under. */
  readonly maxRepeatedContextBytes: number
}
