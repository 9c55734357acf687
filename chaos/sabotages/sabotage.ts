import type { Edit } from '../../tools/patched-copy.ts'
import type { FaultKind } from '../schedule.ts'

/** A way to break the product. Each must turn the interleavings or the harness red. */
export interface Sabotage {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Faults without which the break does no harm. */
  readonly kinds: readonly FaultKind[]
  /** ClickHouses that events are spread over. @default 1 */
  readonly shards?: number
  /** Whether it does harm only to who is erased: the harness then has erasures. @default false */
  readonly hasErasures?: boolean
  /** A scenario of `--world` that must turn red, where the harness has nothing to see it by. @default none */
  readonly scenario?: {
    readonly name: string
    /** What the scenario must say: one that could not even begin has seen nothing. */
    readonly says: RegExp
  }
}
