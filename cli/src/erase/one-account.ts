import { findEvents, type Servers } from '@custom-events/clickhouse'
import type { IdKind } from '@custom-events/event'
import { idOf, type EraseRequest } from './request.ts'

/**
 * Accounts may number their users each for itself: the request of one must not delete somebody of another.
 *
 * @returns why nothing is done, and both ways on; `null`: it is clear who is meant. @throws {ClickHouseFailure}
 */
export async function ambiguityOf(
  servers: Servers,
  request: EraseRequest,
): Promise<readonly string[] | null> {
  if (request.kind !== 'erase' || request.isInAllAccounts) return null
  const { target, before } = request
  if (target.kind === 'group' || target.within !== null) return null
  const { accounts } = await findEvents(servers, { id: idOf(target), timestampBefore: before })
  if (accounts <= 1) return null
  return ['Not erased.', ...ambiguousLines(target.kind, accounts)]
}

/** Why it is refused, and both ways on. */
export function ambiguousLines(kind: IdKind, accounts: number): readonly string[] {
  return [
    `${accounts} accounts have events of this ${kind}, and it may be somebody else in each.`,
    `Name the account to erase them in it alone: --${kind} … --group …`,
    'Or say that they are one person, to be erased in all of them: --in-all-accounts',
  ]
}
