import type { SealKeyRecord } from '@custom-events/codec'
import type { SealingKey } from '@custom-events/event'

/** A key in use, and whether it may be relied on. */
export interface SealKey extends SealingKey {
  readonly record: SealKeyRecord
  /** Whether Kafka has acknowledged it: only then may anything be accepted that it seals. */
  isKept: boolean
  /** Nobody knows whether Kafka has it: it seals nothing more. */
  isLost: boolean
  /** Settled when Kafka has said what became of it; `null`: nobody has produced it yet. */
  keeping: Promise<void> | null
  /** Values that it has sealed. */
  uses: number
}
