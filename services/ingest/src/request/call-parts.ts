import type { Producer } from '@custom-events/kafka'
import type { Budget } from '../admission/budget.ts'
import type { Keys } from '../auth/key-file.ts'
import type { SchemaIds } from '../schema/schema-ids.ts'
import type { Lifecycle } from '../server/lifecycle.ts'
import type { IngestSettings } from '../settings.ts'

/** What taking a request works with: whether there is room, who may send, and how much. */
export interface CallParts {
  readonly lifecycle: Lifecycle
  readonly producer: Pick<Producer, 'notReadyReason' | 'isFull' | 'isHalfFull'>
  readonly schemas: Pick<SchemaIds, 'notReadyReason'>
  readonly budget: Budget
  readonly keys: Keys
  readonly settings: Pick<IngestSettings, 'limits'>
}
