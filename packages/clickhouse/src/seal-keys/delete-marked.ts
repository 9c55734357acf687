import type { ClickHouse } from '../client/clickhouse.ts'
import { mustHaveRoom } from '../disk/room.ts'

/** So many ids stay below `max_query_size`, and below what Keeper takes for an entry of a replicated table. */
const IDS_OF_A_MUTATION = 5_000

/** A mutation that leaves what it was to delete, again and again. */
const MAX_TRIES_IN_VAIN = 5

/** As ingest makes them; whatever else was written there by hand is not put into a statement. */
const KEY_ID = '^[pa][\\\\w-]{22}$'

const MARKED = `match(key_id, '${KEY_ID}') AND key_id IN (SELECT key_id FROM destroyed_keys)`

/**
 * Rewrites the parts that hold keys that are marked as destroyed, until there is none; ClickHouse removes the old ones within
 * seconds. Those that somebody marked before, and that came back, go with them.
 *
 * ClickHouse keeps the text of mutations, in `system.mutations` and in files beside the table: it names random ids of keys, nothing
 * of whom they are. A subquery instead of them would be asked by each replica of its own `destroyed_keys`, and may miss the last.
 *
 * @param onCluster clause, empty: none.
 * @throws {ClickHouseFailure}
 */
export async function deleteMarked(
  clickhouse: Pick<ClickHouse, 'query' | 'command' | 'database'>,
  onCluster: string,
): Promise<void> {
  let before = Infinity
  let inVain = 0
  for (;;) {
    const [row] = await clickhouse.query<{ readonly keys: string }>(
      `SELECT uniqExact(key_id) AS keys FROM seal_keys WHERE ${MARKED}`,
    )
    const left = Number(row?.keys ?? 0)
    if (left === 0) return
    inVain = left < before ? 0 : inVain + 1
    if (inVain === MAX_TRIES_IN_VAIN)
      throw new Error(`${left} destroyed keys are still there: run it again`)
    before = left
    const rows = await clickhouse.query<{ readonly key_id: string }>(
      `SELECT DISTINCT key_id FROM seal_keys WHERE ${MARKED} LIMIT ${IDS_OF_A_MUTATION}`,
    )
    const ids = rows.map(({ key_id }) => `'${key_id}'`).join()
    await mustHaveRoom({ clickhouse, cluster: '' }, { table: 'seal_keys' })
    await clickhouse.command(
      `ALTER TABLE seal_keys ${onCluster} DELETE WHERE key_id IN (${ids}) SETTINGS mutations_sync = 2`,
    )
  }
}
