import type { ClickHouse } from '../client/clickhouse.ts'

/** Whose keys are meant: a user or an anonymous visitor, whatever the account, or a whole account. */
export interface KeyOwner {
  readonly kind: 'user' | 'group' | 'anonymous'
  readonly id: string
}

const COLUMN: Readonly<Record<KeyOwner['kind'], string>> = {
  user: 'user_id',
  group: 'group_id',
  anonymous: 'anonymous_id',
}

/** How many keys of theirs there are. @param clickhouse of the database of keys. @throws {ClickHouseFailure} */
export async function countKeys(
  clickhouse: Pick<ClickHouse, 'query'>,
  { kind, id }: KeyOwner,
): Promise<number> {
  const [row] = await clickhouse.query<{ readonly keys: string }>(
    `SELECT uniqExact(key_id) AS keys FROM seal_keys WHERE ${COLUMN[kind]} = {id:String}`,
    { id },
  )
  return Number(row?.keys ?? 0)
}

/** Remembers these keys as destroyed, so that none of them comes back from Kafka. @throws {ClickHouseFailure} */
export async function markDestroyed(
  clickhouse: Pick<ClickHouse, 'command'>,
  { kind, id }: KeyOwner,
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO destroyed_keys (key_id) SELECT DISTINCT key_id FROM seal_keys WHERE ${COLUMN[kind]} = {id:String}`,
    { id },
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
