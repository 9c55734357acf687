// The table of ClickHouse's codes against the engine that runs: each name is the engine's, each code is decided.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { classify, CODE_GROUPS, createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'

let stack: Servers
let clickhouse: ClickHouse
before(async () => {
  stack = await servers()
  clickhouse = createClickHouse({
    ...stack.environment,
    CLICKHOUSE_DATABASE: 'default',
  })
})
after(async () => {
  await clickhouse[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

test('every code of the engine is decided, by a group under its own name or by the last row', async (t) => {
  const errors = await clickhouse.query<{ readonly code: number; readonly name: string }>(
    'SELECT DISTINCT code, name FROM system.errors ORDER BY code SETTINGS system_events_show_zero_values = 1',
  )
  assert.ok(errors.length > 500, `the whole list, got ${errors.length}`)
  const nameByCode = new Map(errors.map(({ code, name }) => [code, name]))
  const decided = CODE_GROUPS.flatMap((group) => Object.entries(group.nameByCode))
  for (const [code, name] of decided) {
    // An older engine may not have it yet; a name that moved to another code would be a wrong decision.
    const inEngine = nameByCode.get(Number(code))
    if (inEngine !== undefined) assert.equal(name, inEngine, `code ${code}`)
  }
  const inGroups = new Set(decided.map(([code]) => Number(code)))
  const rest = errors.filter(({ code }) => !inGroups.has(code))
  for (const { code, name } of rest) {
    const verdict = classify({ code, status: 500, network: null, message: name })
    const { class: errorClass, reason, maxAttempts } = verdict
    assert.deepEqual([errorClass, reason, maxAttempts], ['retry', 'unknown', 5], `${code} ${name}`)
  }
  t.diagnostic(`${errors.length} codes, ${errors.length - rest.length} in groups`)
})
