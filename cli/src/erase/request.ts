import { hashOfId } from '@custom-events/clickhouse'
import type { ErasedKind } from '@custom-events/event'

interface Common {
  readonly by: string | null
  /** File that the receipt is written to as well. */
  readonly receipt: string | null
  /** Without it nothing is changed. */
  readonly isMeant: boolean
}

/** Of whom something is asked. */
export type Target = Common & {
  readonly target: { readonly kind: ErasedKind; readonly id: string }
  readonly before: number | null
}

/** What an operator asked for. */
export type EraseRequest =
  | (Target & { readonly kind: 'erase' | 'lift' })
  | (Common & { readonly kind: 'resume' | 'list' | 'discard-unreadable' })

/** As the table `audit` keeps it: who is meant only as a hash, an account as well. */
export function auditedArguments(request: EraseRequest): Readonly<Record<string, unknown>> {
  if (!('target' in request)) return { action: request.kind }
  const { kind: action, target, before } = request
  return {
    action,
    [`${target.kind}_hash`]: hashOfId(target.id),
    ...(before === null ? {} : { before: new Date(before).toISOString() }),
  }
}
