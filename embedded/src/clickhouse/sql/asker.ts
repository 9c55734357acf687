import type { Limit } from '@custom-events/clickhouse/access'

/** As whom a statement runs. */
export interface Asker {
  /** Of the engine: it gives rights and row policies. */
  readonly engineRole: string
  /** Those of its role; `null`: it has those of every reader. */
  readonly limits: readonly Limit[] | null
}
