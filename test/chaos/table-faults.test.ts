import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrate, type ClickHouse } from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { SPOILS } from '../../chaos/table-faults.ts'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
let clickhouse: ClickHouse
before(async () => {
  stack = await servers()
  clickhouse = ownDatabase(stack, 'spoils')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
})
after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

async function columnsOfEvents(): Promise<readonly object[]> {
  return clickhouse.query(
    `SELECT name, type FROM system.columns WHERE database = {database:String} AND table = 'events'`,
    { database: clickhouse.database },
  )
}

for (const [kind, { spoil, heal }] of Object.entries(SPOILS)) {
  test(`${kind}: every statement may be repeated, and healing puts the table right`, async () => {
    const columns = await columnsOfEvents()
    assert.ok(columns.length > 10)
    for (const sql of [...spoil, ...heal]) {
      await clickhouse.command(sql)
      await clickhouse.command(sql)
    }
    assert.deepEqual(await columnsOfEvents(), columns)
  })
}
