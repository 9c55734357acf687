import { randomUUID } from 'node:crypto'
import { createClickHouse, keysDatabase, type ClickHouse } from '@custom-events/clickhouse'
import type { Servers } from './server-addresses.ts'

/** A connection to a database that does not exist yet, and is dropped at the end. */
export function ownDatabase(
  { environment }: Pick<Servers, 'environment'>,
  name: string,
): ClickHouse {
  const clickhouse = createClickHouse({
    ...environment,
    CLICKHOUSE_DATABASE: `${name}_${randomUUID().slice(0, 8)}`,
  })
  return {
    ...clickhouse,
    [Symbol.asyncDispose]: async () => {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${keysDatabase(clickhouse.database)}`)
      await clickhouse.command(`DROP DATABASE IF EXISTS ${clickhouse.database}`)
      await clickhouse[Symbol.asyncDispose]()
    },
  }
}
