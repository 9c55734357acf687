import type { WaitCode } from '@custom-events/event'
import type { Answer } from './answers.ts'

/** Whether the accepted events of a request can be queried, as far as was waited for. */
export type Queryable =
  | { readonly isQueryable: true }
  | { readonly isQueryable: false; readonly code: WaitCode; readonly detail: string }

/** The answer to `?wait=queryable`: the events were accepted either way. */
export function withQueryable(answer: Answer, outcome: Queryable): Answer {
  const { isQueryable } = outcome
  const warnings = isQueryable ? {} : { warnings: [{ code: outcome.code, detail: outcome.detail }] }
  return { ...answer, body: { ...answer.body, queryable: isQueryable, ...warnings } }
}
