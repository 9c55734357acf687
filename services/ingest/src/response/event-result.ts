import type { IgnoredCode, Problem, TrackedEvent, Warning } from '@custom-events/event'

/** What became of one event of a request, in the words of the contract. */
export type EventResult =
  | {
      readonly status: 'accepted'
      readonly event: TrackedEvent
      readonly warnings: readonly Warning[]
      /** `null`: it cannot be told. */
      readonly receipt: Receipt | null
    }
  | {
      readonly status: 'rejected'
      readonly problems: readonly Problem[]
      readonly warnings: readonly Warning[]
    }
  /** Not durable: send it again. */
  | { readonly status: 'retry'; readonly eventId: string; readonly reason: RetryReason }
  | { readonly status: 'ignored'; readonly reason: IgnoredReason }

/** Why nothing of an event was kept, whether or not something is wrong with it. */
export interface IgnoredReason {
  readonly code: IgnoredCode
  readonly detail: string
}

/** Why an event is not durable; `request_refused`: nothing was wrong with it, but with others. */
export type RetryReason = 'kafka_unavailable' | 'backpressure' | 'request_refused' | 'rate_limited'

/** Where the record lies. */
export interface Receipt {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}
