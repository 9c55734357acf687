import type { WaitCode } from '@custom-events/event'
import type { AnswerText } from './answer-text.ts'

/** Whether the accepted events of a request can be queried, as far as was waited for. */
export type Queryable =
  | { readonly isQueryable: true }
  | { readonly isQueryable: false; readonly code: WaitCode; readonly detail: string }

/** The answer to `?wait=queryable`: the events were accepted either way. */
export function withQueryable({ text, ...answer }: AnswerText, outcome: Queryable): AnswerText {
  const { isQueryable } = outcome
  const warnings = isQueryable ? {} : { warnings: [{ code: outcome.code, detail: outcome.detail }] }
  const added = JSON.stringify({ queryable: isQueryable, ...warnings })
  return { ...answer, text: `${text.slice(0, -1)},${added.slice(1)}` }
}
