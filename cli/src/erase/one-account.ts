import { findEvents, joinFound } from '@custom-events/clickhouse'
import type { IdKind } from '@custom-events/event'
import { onEach } from '../shards/open.ts'
import type { ErasePorts } from './erase.ts'
import { selectionAsked, type EraseRequest } from './request.ts'

/**
 * Accounts may number their users each for itself: the request of one must not delete somebody of another.
 *
 * @returns why nothing is done, and both ways on; `null`: it is clear who is meant. @throws {ClickHouseFailure}
 */
export async function ambiguityOf(
  shards: ErasePorts['shards'],
  request: EraseRequest,
): Promise<readonly string[] | null> {
  if (request.kind !== 'erase' || request.isInAllAccounts) return null
  const { target } = request
  if (target.kind === 'group' || target.within !== null) return null
  const selection = selectionAsked(request)
  const found = await onEach(shards, ({ counting }) => findEvents(counting, selection))
  const { accounts } = joinFound(found)
  if (accounts.size <= 1) return null
  return ['Not erased.', ...ambiguousLines(target.kind, accounts.size)]
}

/** Why it is refused, and both ways on. */
export function ambiguousLines(kind: IdKind, accounts: number): readonly string[] {
  return [
    `${accounts} accounts have events of this ${kind}, and it may be somebody else in each.`,
    `Name the account to erase them in it alone: --${kind} … --group …`,
    'Or say that they are one person, to be erased in all of them: --in-all-accounts',
  ]
}
