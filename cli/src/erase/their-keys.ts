import {
  countKeys,
  ErasureStalled,
  keysDatabase,
  type ClickHouse,
  type Erasure,
  type ErasedSelection,
} from '@custom-events/clickhouse'
import { destroyKeys, KeysBehind, type DestroyPorts } from '../destroy-keys/destroy-keys.ts'
import { openDestroyKeys } from '../destroy-keys/open.ts'
import { kafkaLine } from '../destroy-keys/report.ts'
import type { EraseConfig } from './config.ts'

/** Keys of sealed properties; `null`: nobody has set them up here. */
export type KeyPorts = DestroyPorts | null

/** @throws {ClickHouseFailure} also when this user may not see them: what is not seen would not be destroyed. */
export async function openKeys(
  read: Pick<EraseConfig, 'config' | 'log'> & { readonly stop: AbortSignal },
  clickhouse: Pick<ClickHouse, 'query' | 'database'>,
  resources: AsyncDisposableStack,
): Promise<KeyPorts> {
  const [found] = await clickhouse.query<{ readonly result: number }>(
    `EXISTS TABLE \`${keysDatabase(clickhouse.database)}\`.seal_keys`,
  )
  return found?.result === 1 ? openDestroyKeys(read, resources) : null
}

/**
 * With an erasure of what was before some day keys stay: later events need them.
 *
 * @returns how many would go; `null`: none is meant. @throws {ClickHouseFailure}
 */
export async function countTheirKeys(
  keys: KeyPorts,
  { id, timestampBefore }: ErasedSelection,
): Promise<number | null> {
  return keys === null || timestampBefore !== null ? null : countKeys(keys.clickhouse, id)
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
  erasure: Erasure,
  {
    account,
    onStep,
  }: {
    readonly account: (table: string, rows: number, hide: () => Promise<void>) => Promise<void>
    readonly onStep: (text: string) => void
  },
): Promise<void> {
  const count = await countTheirKeys(keys, erasure)
  if (keys === null || count === null) return
  const destroy = async (): Promise<void> => {
    const { replacedParts, kafkaKeepsBecause } = await destroyKeys(keys, erasure.id).catch(stalled)
    if (replacedParts > 0) {
      throw new ErasureStalled(`${replacedParts} replaced parts of seal_keys are still on the disk`)
    }
    if (count === 0) return onStep('keys: there are no keys of theirs')
    onStep(`keys: ${count} destroyed, what they sealed cannot be read any more`)
    onStep(kafkaLine(kafkaKeepsBecause))
  }
  await account('seal_keys', count, destroy)
  if (count === 0) await destroy() // Kafka may still hold some that no consumer has inserted
}

function stalled(error: unknown): never {
  if (error instanceof Error && error.name === 'AbortError') {
    throw new ErasureStalled('stopped while keys are destroyed')
  }
  throw error instanceof KeysBehind ? new ErasureStalled(error.message) : error
}
