import type { ErasedIds } from '@custom-events/event'
import type { Producer } from '@custom-events/kafka'
import type { Logger } from '@custom-events/runtime'
import type { PlanFolder } from './schema/plan-folder.ts'
import type { Keys } from './auth/key-file.ts'
import type { IngestMetrics } from './metrics.ts'
import type { RefusedLog } from './refused-log.ts'
import type { QueryableWatch } from './queryable/queryable-watch.ts'
import type { RejectedEvents } from './rejected/rejected.ts'
import type { RateLimits } from './rate-limit/rate-limits.ts'
import type { RetryAdvice } from './admission/retry-after.ts'
import type { KeepKeys } from './seal/keep-keys.ts'
import type { Sealer } from './seal/sealer.ts'
import type { SchemaIds } from './schema/schema-ids.ts'
import type { IngestSettings } from './settings.ts'
import type { Budget } from './admission/budget.ts'
import type { UnusualLoad } from './admission/garbage.ts'
import type { Lifecycle } from './server/lifecycle.ts'
import type { UnreadAnswers } from './server/unread-answers.ts'

/** Who is erased, as far as is known here. */
export interface ErasuresInForce {
  readonly ids: ErasedIds
  /** Since when nothing is known for certain, in milliseconds; Infinity: they were never read. */
  readonly ageMs: number
  /** `null` once they were read, and while all of them are understood. */
  readonly notReadyReason: string | null
}

/** Everything the app works with; built in start.ts, or by a test. */
export interface IngestParts {
  readonly producer: Producer
  readonly schemas: SchemaIds
  readonly keys: Keys
  readonly plans: Pick<PlanFolder, 'current'>
  readonly sealer: Sealer
  readonly keepKeys: KeepKeys
  readonly rejectedEvents: RejectedEvents
  readonly erasures: ErasuresInForce
  readonly queryable: Pick<QueryableWatch, 'until'>
  readonly refusedLog: Pick<RefusedLog, 'add'>
  readonly settings: IngestSettings
  readonly budget: Budget
  readonly unusual: UnusualLoad
  readonly unreadAnswers: UnreadAnswers
  readonly rateLimits: RateLimits
  readonly retryAdvice: RetryAdvice
  readonly lifecycle: Lifecycle
  readonly metrics: IngestMetrics
  readonly log: Logger
}
