import type { ClickHouse, RegisteredLog } from '@custom-events/clickhouse'
import type { KnownErased } from '../erased/known-erased.ts'
import type { RetryLoop } from './retry-loop.ts'
import type { SetAside } from '../dead-letter/set-aside.ts'

export interface InsertPorts {
  readonly clickhouse: Pick<
    ClickHouse,
    'insertNative' | 'recordsPresent' | 'highestOffsets' | 'viewsOn'
  >
  /**
   * Before each insert, by what ClickHouse said at most a second ago: that it is ours, and rows of this log may have its generation.
   *
   * @param isAnew asks now: of what was asked before this it is to be known who answered.
   * @throws {Abandoned} when not any more. @throws {ClickHouseFailure} when it is not known.
   */
  readonly confirm: (log: RegisteredLog, isAnew: boolean) => Promise<void>
  /** Before each insert: who is erased. @throws {Abandoned} when that is not known by then. */
  readonly erased: () => Promise<KnownErased>
  readonly setAside: SetAside
  readonly retryLoop: RetryLoop
  readonly observe: {
    readonly insertSeconds: (seconds: number) => void
    readonly readBack: (cause: 'assignment' | 'failure') => void
  }
  /** ClickHouse refused an insert with code 252. */
  readonly onTooManyParts: () => void
  readonly budget: { add(bytes: number): void; remove(bytes: number): void }
  /** Aborted when even a request that runs must be given up, because nobody waits for it any longer. */
  readonly abandon: AbortSignal
}
