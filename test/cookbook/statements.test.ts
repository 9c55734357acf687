import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import {
  makeEventViews,
  migrate,
  type ClickHouse,
  type PlannedEvent,
} from '@custom-events/clickhouse'
import { createLogger } from '@custom-events/runtime'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

// Every statement that the pages show.
const FOLDER = new URL('../../docs/', import.meta.url)

/** The embedded engine keeps no users but those of its files (code 514). */
const OF_A_SERVER = /^(?:CREATE USER|GRANT) /

/** The event whose view the pages ask, as a tracking plan has it. */
const FEATURE_USED: PlannedEvent = {
  file: 'feature_used.json',
  event: 'feature_used',
  description: null,
  properties: [
    { property: 'feature_name', kind: 'string', description: null },
    { property: 'duration_ms', kind: 'number', description: null },
  ],
}

let stack: Servers
let clickhouse: ClickHouse
before(async () => {
  stack = await servers()
  clickhouse = ownDatabase(stack, 'statements')
  await migrate({ clickhouse, log: createLogger({ service: 'test', level: 'silent' }) })
  const plans = [FEATURE_USED]
  await makeEventViews({
    clickhouse,
    plans,
    hotProperties: [],
    personalProperties: [],
    maxViews: 10,
  })
})
after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

test('each block of docs/analysts.md can be sent as it is: it is one statement', () => {
  const text = readFileSync(new URL('analysts.md', FOLDER), 'utf8')
  for (const [, sql = ''] of text.matchAll(/^```sql\n([^]*?)^```$/gm))
    assert.equal(sql.trim().split(/;\s*\n/).length, 1, sql)
})

for (const page of ['analysts', 'operators', 'runbook', 'privacy']) {
  const text = readFileSync(new URL(`${page}.md`, FOLDER), 'utf8')
  const blocks = [...text.matchAll(/^```sql\n([^]*?)^```$/gm)].flatMap(([, sql = '']) =>
    sql.trim().split(/;\s*\n/),
  )
  // What a reader has to fill in is marked by an ellipsis.
  const inline = [...text.matchAll(/`(SELECT [^`…]+)`/g)].map(([, sql = '']) => sql)

  test(`ClickHouse takes every statement in docs/${page}.md`, async () => {
    assert.ok(blocks.length + inline.length > 0)
    for (const sql of [...blocks, ...inline]) {
      if (OF_A_SERVER.test(sql)) continue
      // In the database of this test, which is not called as the default is.
      const here = sql.replaceAll('custom_events.', `${clickhouse.database}.`).trim()
      // The client asks for a format of its own, which these do not take.
      if (/^(?:SYSTEM|DELETE)/.test(here)) await clickhouse.command(here.replace(/;$/, ''))
      else await clickhouse.query(here.replace(/;$| FORMAT \w+$/, ''))
    }
  })
}
