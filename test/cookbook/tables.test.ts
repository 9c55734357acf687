// docs/reference/tables.md tells what a database has that was made by the migrations.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createClickHouse, migrate } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { describedTables } from '../../tools/pages/tables.ts'
import { servers } from '../support/servers.ts'

/** What only the services use, and views that write into a table. */
const UNDESCRIBED = /_probe$|^migrations|_refresh$/

test('every table and view, every column, its type and its comment are those of the database', async () => {
  await using stack = await servers()
  const CLICKHOUSE_DATABASE = `tables_${randomUUID().slice(0, 8)}`
  await using clickhouse = createClickHouse({ ...stack.environment, CLICKHOUSE_DATABASE })
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  try {
    const described = describedTables()
    const tables = await clickhouse.query<{ name: string; comment: string }>(
      `SELECT name, comment FROM system.tables
       WHERE database IN (currentDatabase(), currentDatabase() || '_keys') AND NOT startsWith(name, '.') ORDER BY name`,
    )
    assert.deepEqual(
      described
        .map(({ name, comment }) => ({ name, comment }))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
      tables.filter(({ name }) => !UNDESCRIBED.test(name)),
    )
    for (const { name, columns } of described.filter((each) => each.columns.length > 0)) {
      const real = await clickhouse.query(
        `SELECT name, type, comment FROM system.columns
         WHERE database IN (currentDatabase(), currentDatabase() || '_keys') AND table = {name:String} AND default_kind != 'MATERIALIZED' ORDER BY position`,
        { name },
      )
      assert.deepEqual(columns, real, name)
    }
  } finally {
    await clickhouse.command(`DROP DATABASE ${clickhouse.database}_keys`)
    await clickhouse.command(`DROP DATABASE ${clickhouse.database}`)
  }
})
