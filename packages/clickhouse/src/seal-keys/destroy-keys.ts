import type { ErasedId } from '@custom-events/event'
import type { ClickHouse } from '../client/clickhouse.ts'
import { conditionOf } from '../erasure/erased-rows.ts'

/**
 * Keys of somebody, whatever the account they are in or of one account, or of a whole account. By their hashes, as
 * an erasure has them: ClickHouse keeps the text of mutations in files.
 */
function areTheirs(id: ErasedId): string {
  return conditionOf({ id, timestampBefore: null })
}

/** How many keys of theirs there are. @param clickhouse of the database of keys. @throws {ClickHouseFailure} */
export async function countKeys(
  clickhouse: Pick<ClickHouse, 'query'>,
  owner: ErasedId,
): Promise<number> {
  const [row] = await clickhouse.query<{ readonly keys: string }>(
    `SELECT uniqExact(key_id) AS keys FROM seal_keys WHERE ${areTheirs(owner)}`,
  )
  return Number(row?.keys ?? 0)
}

/** The ids of these keys: random, they say nothing of anybody. @param clickhouse of the database of keys. @throws {ClickHouseFailure} */
export async function idsOfKeys(
  clickhouse: Pick<ClickHouse, 'query'>,
  owner: ErasedId,
): Promise<readonly string[]> {
  const rows = await clickhouse.query<{ readonly key_id: string }>(
    `SELECT DISTINCT key_id FROM seal_keys WHERE ${areTheirs(owner)}`,
  )
  return rows.map(({ key_id }) => key_id)
}

/** Accounts in which they have keys. @param clickhouse of the database of keys. @throws {ClickHouseFailure} */
export async function accountsWithKeys(
  clickhouse: Pick<ClickHouse, 'query'>,
  owner: ErasedId,
): Promise<readonly string[]> {
  const rows = await clickhouse.query<{ readonly group_id: string }>(
    `SELECT DISTINCT group_id FROM seal_keys WHERE ${areTheirs(owner)} LIMIT 1000`,
  )
  return rows.map(({ group_id }) => group_id)
}

/** Remembers these keys as destroyed, so that none of them comes back from Kafka. @throws {ClickHouseFailure} */
export async function markDestroyed(
  clickhouse: Pick<ClickHouse, 'command'>,
  owner: ErasedId,
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO destroyed_keys (key_id) SELECT DISTINCT key_id FROM seal_keys WHERE ${areTheirs(owner)}`,
  )
}

/** Names of parts that were replaced, and may still hold what was deleted. @throws {ClickHouseFailure} */
export async function replacedParts(
  clickhouse: Pick<ClickHouse, 'query' | 'database'>,
): Promise<ReadonlySet<string>> {
  const rows = await clickhouse.query<{ readonly name: string }>(
    `SELECT name FROM system.parts
     WHERE database = {database:String} AND table = 'seal_keys' AND NOT active`,
    { database: clickhouse.database },
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * Has ClickHouse remove parts that were replaced: of an idle table it looks every few minutes only. Dropping a partition
 * looks at once; there is none of this name.
 *
 * @throws {ClickHouseFailure}
 */
export async function removeReplaced(
  clickhouse: Pick<ClickHouse, 'command'>,
  onCluster: string,
): Promise<void> {
  await clickhouse.command(`ALTER TABLE seal_keys ${onCluster} DROP PARTITION ID 'none'`)
}
