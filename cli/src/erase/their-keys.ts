import {
  countKeys,
  ErasureStalled,
  NoRoom,
  keysDatabase,
  type ClickHouse,
  type ErasedSelection,
} from '@custom-events/clickhouse'
import { destroyKeys, KeysBehind, type DestroyPorts } from '../destroy-keys/destroy-keys.ts'
import { openDestroyKeys } from '../destroy-keys/open.ts'
import { kafkaLine } from '../destroy-keys/report.ts'
import { onEach } from '../shards/open.ts'
import type { EraseConfig } from './config.ts'
import type { Account } from './shards/ledger.ts'

/** Keys of sealed properties; `null`: nobody has set them up here. */
export type KeyPorts = DestroyPorts | null

/** @throws {ClickHouseFailure} also when this user may not see them: what is not seen would not be destroyed. */
export async function openKeys(
  read: Pick<EraseConfig, 'config' | 'log'> & { readonly stop: AbortSignal },
  shards: readonly { readonly clickhouse: Pick<ClickHouse, 'query' | 'database'> }[],
  resources: AsyncDisposableStack,
): Promise<KeyPorts> {
  const found = await onEach(shards, ({ clickhouse }) =>
    clickhouse.query<{ readonly result: number }>(
      `EXISTS TABLE \`${keysDatabase(clickhouse.database)}\`.seal_keys`,
    ),
  )
  return found.some(([row]) => row?.result === 1) ? openDestroyKeys(read, resources) : null
}

/**
 * With an erasure of what was before some day, or before it was lifted, keys stay: later events need them.
 *
 * @returns how many would go, of each shard: every one has all of them; `null`: none is meant. @throws {ClickHouseFailure}
 */
export async function countTheirKeys(
  keys: KeyPorts,
  { id, timestampBefore, receivedBefore = null }: ErasedSelection,
): Promise<readonly number[] | null> {
  if (keys === null || timestampBefore !== null || receivedBefore !== null) return null
  return onEach(keys.shards, ({ clickhouse }) => countKeys(clickhouse, id))
}

/**
 * Destroys the keys of an erased person or account: what they sealed is unreadable then, also in Kafka and in backups. Only
 * once the erasure is settled: no consumer inserts such a key any more.
 *
 * @param account tells how many were found before they go, and counts them once.
 * @throws {ErasureStalled | StepError | ClickHouseFailure}
 */
export async function destroyTheirKeys(
  keys: KeyPorts,
  erasure: ErasedSelection,
  {
    account,
    onStep,
  }: {
    readonly account: Account
    readonly onStep: (text: string) => void
  },
): Promise<void> {
  const counts = await countTheirKeys(keys, erasure)
  if (keys === null || counts === null) return
  let destroyed = 0
  const destroy = async (): Promise<void> => {
    const {
      keys: count,
      replacedParts,
      kafkaKeepsBecause,
    } = await destroyKeys(keys, erasure.id).catch(stalled)
    if (replacedParts > 0) {
      throw new ErasureStalled(`${replacedParts} replaced parts of seal_keys are still on the disk`)
    }
    destroyed = count
    if (count === 0) return onStep('keys: none of theirs is left')
    onStep(`keys: ${count} destroyed, what they sealed cannot be read any more`)
    onStep(kafkaLine(kafkaKeepsBecause))
  }
  const foundOf = (rows: readonly number[]) => rows.map((each, at) => ({ at, rows: each }))
  await account('seal_keys', foundOf(counts), destroy)
  if (counts.some((count) => count > 0)) return
  await destroy() // Kafka may still hold some that no consumer has inserted
  await account('seal_keys', foundOf(counts.map(() => destroyed)), async () => {})
}

function stalled(error: unknown): never {
  if (error instanceof Error && error.name === 'AbortError') {
    throw new ErasureStalled('stopped while keys are destroyed')
  }
  const isStalled = error instanceof KeysBehind || error instanceof NoRoom
  throw isStalled ? new ErasureStalled(error.message) : error
}
