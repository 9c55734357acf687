import type { Limit } from '@custom-events/clickhouse/access'

/** How many queries of a login run at the same time. To the engine all logins are one user, and it would count those of all. */
export const QUERIES_OF_ONE = 'max_concurrent_queries_for_user'

/** `Infinity` for who has no limits. */
export function mostQueriesOf({ limits }: Asker): number {
  return limits?.find(({ setting }) => setting === QUERIES_OF_ONE)?.value ?? Infinity
}

/** Whether a limit says that nothing is changed. */
export function onlyReads({ limits }: Pick<Asker, 'limits'>): boolean {
  return limits?.some(({ setting }) => setting === 'readonly') === true
}

/** As whom a statement runs. */
export interface Asker {
  /** Of the engine: it gives rights and row policies. */
  readonly engineRole: string
  /** Those of its role; `null`: it has those of every reader. */
  readonly limits: readonly Limit[] | null
}
