import { findEvents, type ClickHouse } from '@custom-events/clickhouse'
import { idOf, type EraseRequest } from './request.ts'

/**
 * Accounts may number their users each for itself: the request of one must not delete somebody of another.
 *
 * @returns why nothing is done, and both ways on; `null`: it is clear who is meant. @throws {ClickHouseFailure}
 */
export async function ambiguityOf(
  clickhouse: Pick<ClickHouse, 'query'>,
  request: EraseRequest,
): Promise<readonly string[] | null> {
  if (request.kind !== 'erase' || request.isInAllAccounts) return null
  const { target, before } = request
  if (target.kind === 'group' || target.within !== null) return null
  const { accounts } = await findEvents(clickhouse, { id: idOf(target), timestampBefore: before })
  if (accounts <= 1) return null
  return [
    `Not erased: ${accounts} accounts have events of this ${target.kind}, and it may be somebody else in each.`,
    `Name the account to erase them in it alone: --${target.kind} … --group …`,
    'Or say that they are one person, to be erased in all of them: --in-all-accounts',
  ]
}
