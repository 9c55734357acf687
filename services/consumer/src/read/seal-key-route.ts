import type { ClickHouse } from '@custom-events/clickhouse'
import { decodeSealKey } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'
import { createPoisonWindow } from '../dead-letter/poison.ts'
import type { TopicRoute } from './route.ts'
import {
  encodeSealKeys,
  identityOfSealKey,
  sealKeyColumns,
  sealKeyIdentity,
} from './seal-key-rows.ts'
import { NO_SCHEMAS, type WriterSchemas } from './writer-schemas.ts'

/**
 * Keys of sealed properties into their own database. Which of them were destroyed is asked before each batch, so
 * that none comes back when Kafka is read again.
 *
 * @param options.clickhouse of the database of keys.
 */
export function sealKeyRoute({
  topic,
  clickhouse,
}: {
  readonly topic: string
  readonly clickhouse: Pick<ClickHouse, 'query'>
}): TopicRoute {
  const destroyed = new Set<string>()
  const schemas: WriterSchemas = {
    ...NO_SCHEMAS,
    prepare: async (records) => {
      destroyed.clear()
      for (const id of await destroyedAmong(clickhouse, records)) destroyed.add(id)
    },
    refresh: async () => true, // a block that was made ahead knows nothing of it
  }
  return {
    topic,
    table: 'seal_keys',
    of: (log) => ({
      topic,
      table: 'seal_keys',
      log,
      timeColumn: 'made_at',
      columns: sealKeyColumns,
      identity: sealKeyIdentity,
      poison: createPoisonWindow(),
      schemas,
      encode: (records) => encodeSealKeys(log, records, destroyed),
      identityOf: identityOfSealKey,
      monthOf: () => 0,
    }),
  }
}

/** So many ids fit into one request. */
const IDS_OF_A_REQUEST = 2_000

async function destroyedAmong(
  clickhouse: Pick<ClickHouse, 'query'>,
  records: readonly FetchedRecord[],
): Promise<readonly string[]> {
  const ids = records.flatMap(({ value }) => {
    const decoded = decodeSealKey(value)
    return typeof decoded === 'string' ? [] : [decoded.key_id]
  })
  const found: string[] = []
  for (let from = 0; from < ids.length; from += IDS_OF_A_REQUEST) {
    const rows = await clickhouse.query<{ readonly key_id: string }>(
      'SELECT DISTINCT key_id FROM destroyed_keys WHERE key_id IN {ids:Array(String)}',
      { ids: ids.slice(from, from + IDS_OF_A_REQUEST) },
    )
    found.push(...rows.map(({ key_id }) => key_id))
  }
  return found
}
