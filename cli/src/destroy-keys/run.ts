import { createClickHouse, hashOfId } from '@custom-events/clickhouse'
import { erasedIdOf } from '@custom-events/event'
import { audited } from '../audit/audited.ts'
import type { DestroyKeysConfig } from './config.ts'
import { destroyKeys } from './destroy-keys.ts'
import { openDestroyKeys } from './open.ts'
import { reportDestroyed, type KeyOwner } from './report.ts'

/**
 * `npm run destroy-keys`.
 * @returns the exit code @throws {StepError}
 */
export async function runDestroyKeys(
  owner: KeyOwner,
  read: DestroyKeysConfig,
  print: (line: string) => void,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const clickhouse = resources.use(createClickHouse(read.config))
  const ports = openDestroyKeys(read, resources)
  const args = { [`${owner.kind}_hash`]: hashOfId(owner.id) }
  const destroyed = await audited(
    clickhouse,
    { command: 'destroy-keys', args },
    {
      hidden: [owner.id],
      run: () => destroyKeys(ports, erasedIdOf(owner.kind, owner.id)),
      tell: ({ keys, replacedParts }) => ({
        outcome: replacedParts > 0 ? 'failed' : 'done',
        counts: { keys, replaced_parts: replacedParts },
      }),
    },
  )
  for (const line of reportDestroyed(owner, destroyed)) print(line)
  return destroyed.replacedParts > 0 ? 1 : 0
}
