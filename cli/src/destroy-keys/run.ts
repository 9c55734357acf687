import { accountsWithKeys, hashOfId } from '@custom-events/clickhouse'
import { audited } from '../audit/audited.ts'
import { idOf, type Named } from '../erase/request.ts'
import { onEach, openOwnShards } from '../shards/open.ts'
import { fix, step, type Fix } from '../step.ts'
import type { DestroyKeysConfig } from './config.ts'
import { countKeysOf, destroyKeys, type DestroyPorts } from './destroy-keys.ts'
import { openDestroyKeys } from './open.ts'
import { reportAmbiguous, reportDestroyed, reportPlanned } from './report.ts'

/** What an operator asked for. */
export interface DestroyRequest {
  readonly owner: Named
  /** An id that several accounts use is meant in all of them. */
  readonly isInAllAccounts: boolean
  /** Without it nothing is changed. */
  readonly isMeant: boolean
  /** Who does it, as they say themselves. */
  readonly by: string | undefined
}

const WRONG_USAGE = 64
const STOPPED = 130

/**
 * `npm run destroy-keys`.
 * @returns the exit code @throws {StepError}
 */
export async function runDestroyKeys(
  request: DestroyRequest,
  { config: read, stop }: { readonly config: DestroyKeysConfig; readonly stop: AbortSignal },
  print: (line: string) => void,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const [{ clickhouse }] = await openOwnShards(read.config, resources, { mustKnow: true })
  const ports = openDestroyKeys({ ...read, stop }, resources)
  const { owner, accounts } = await step('looking for keys', fix.clickhouse(read.config), () =>
    whose(ports, request),
  )
  if (!request.isMeant) {
    const keys = await countKeysOf(ports.shards, idOf(owner))
    for (const line of reportPlanned(owner, { keys, accounts })) print(line)
    return 0
  }
  const isClear = owner.kind === 'group' || owner.within !== null || request.isInAllAccounts
  if (!isClear && accounts > 1) {
    for (const line of reportAmbiguous(owner, accounts)) print(line)
    return WRONG_USAGE
  }
  try {
    const destroyed = await writtenDown(clickhouse, owner, {
      by: request.by,
      fix: fix.clickhouse(read.config),
      run: () => destroyKeys(ports, idOf(owner)),
    })
    for (const line of reportDestroyed(owner, destroyed)) print(line)
    return destroyed.replacedParts > 0 ? 1 : 0
  } catch (error) {
    if (!stop.aborted) throw error
    print('Stopped: marked keys open nothing any more, but are not all deleted. Run it again.')
    return STOPPED
  }
}

/** Who has keys in one account only is meant there, also should another account's come meanwhile. */
async function whose(
  { shards }: Pick<DestroyPorts, 'shards'>,
  { owner, isInAllAccounts }: DestroyRequest,
): Promise<{ readonly owner: Named; readonly accounts: number }> {
  if (owner.kind === 'group' || owner.within !== null) return { owner, accounts: 1 }
  const named = await onEach(shards, ({ clickhouse }) => accountsWithKeys(clickhouse, idOf(owner)))
  const accounts = [...new Set(named.flat())]
  const [only] = accounts
  const isOne = accounts.length === 1 && only !== undefined && !isInAllAccounts
  return { owner: isOne ? { ...owner, within: only } : owner, accounts: accounts.length }
}

function writtenDown(
  clickhouse: Parameters<typeof audited>[0],
  { kind, id, within }: Named,
  {
    by,
    ...does
  }: {
    readonly by: string | undefined
    readonly fix: Fix
    readonly run: () => ReturnType<typeof destroyKeys>
  },
): ReturnType<typeof destroyKeys> {
  const ofAccount = within === null ? {} : { group_hash: hashOfId(within) }
  const args = { [`${kind}_hash`]: hashOfId(id), ...ofAccount }
  return audited(
    clickhouse,
    { command: 'destroy-keys', args, by },
    {
      ...does,
      hidden: within === null ? [id] : [id, within],
      tell: ({ keys, replacedParts }) => ({
        outcome: replacedParts > 0 ? 'failed' : 'done',
        counts: { keys, replaced_parts: replacedParts },
      }),
    },
  )
}
