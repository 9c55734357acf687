import type { Adjustment, ErrorClass, Reason } from './verdict.ts'

/** Codes that mean the same for an insert or a question of ours, and what is done about them. */
export interface CodeGroup {
  readonly class: ErrorClass
  readonly reason: Reason
  /** After so many attempts a retry becomes a halt; `null` means never. */
  readonly maxAttempts: number | null
  readonly adjustment: Adjustment
  /** With ClickHouse's own names, which a test compares with the engine's list. */
  readonly nameByCode: Readonly<Record<number, string>>
}
