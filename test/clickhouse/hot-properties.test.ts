// What is asked makes columns: the log is read, columns are proposed, old parts are filled.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import {
  fillHotColumns,
  proposeHotProperties,
  type ClickHouse,
  type FillOptions,
  type FillProgress,
} from '@custom-events/clickhouse'
import { clickhouseHeaders } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { openRolledUp, type RolledUp } from '../support/rollups.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import { catalogueIs, makeViews } from './event-views.ts'

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const SLOW = { timeout: 290_000 }

async function askAs(agent: string, { clickhouse }: RolledUp, sql: string): Promise<void> {
  const url = `${stack.environment.CLICKHOUSE_URL}/?database=${clickhouse.database}`
  const headers = { ...clickhouseHeaders(stack.environment), 'User-Agent': agent }
  const response = await fetch(url, { method: 'POST', headers, body: sql })
  assert.equal(response.status, 200, await response.text())
}

async function insertEvents({ clickhouse }: RolledUp, month: string): Promise<void> {
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, properties)
     SELECT 'acme', 'e', toDateTime64('${month}-01 00:00:00', 3, 'UTC') + number, toString(number),
       concat('{"plan":"', ['free', 'pro'][number % 2 + 1], '","price":', toString(number), ',"tags":[1],"note":"', hex(number), '"}')
     FROM numbers(20000)`,
  )
}

test(
  'properties that queries read from the JSON are proposed, with figures and a type',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse } = rolled
    await insertEvents(rolled, '2026-03')
    await catalogueIs(rolled, [
      { event: 'e', events: 20_000 },
      { event: 'e', property: 'plan', strings: 20_000 },
      { event: 'e', property: 'price', numbers: 20_000 },
      { event: 'e', property: 'note', strings: 20_000 },
      { event: 'e', property: 'tags', arrays: 20_000 },
    ])
    await makeViews(rolled)
    const tool = (sql: string): Promise<void> => askAs('a tool/1.0', rolled, sql)
    await tool("SELECT count() FROM tracked WHERE JSONExtractString(properties, 'plan') = 'pro'")
    await tool("SELECT count() FROM tracked WHERE JSONExtractString(properties, 'plan') = 'pro'")
    await tool(
      "SELECT JSONExtractString(t.properties, 'plan') AS p, JSON_VALUE(properties, '$.note') AS n FROM tracked AS t FORMAT Null",
    )
    await tool('SELECT sum(price) FROM event_e')
    await tool(
      "SELECT JSONExtractRaw(properties, 'tags'), JSONHas(properties, 'never') FROM tracked LIMIT 1",
    )
    await tool("SELECT JSONExtractFloat(properties, 'amount') FROM tracked LIMIT 1")
    await askAs('custom-events clickhouse-js/1', rolled, "SELECT JSONExtractString(properties, 'ours') FROM tracked LIMIT 1") // prettier-ignore
    await assert.rejects(tool("SELECT JSONExtractString(properties, 'failed') + 1 FROM tracked"))
    const { statements, logBegins, proposals } = await proposeHotProperties({
      clickhouse,
      hotProperties: [{ property: 'amount', type: 'Float64', comment: '' }],
      isPersonal: (property) => property === 'note',
      days: 1,
      limit: 20,
    })
    assert.equal(statements, 6)
    assert.match(logBegins ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) // the engine's start, not a day ago
    const [agents] = await clickhouse.query<object>(
      `SELECT count() > 0 AS ours FROM system.query_log
       WHERE current_database = {database:String} AND startsWith(http_user_agent, 'custom-events clickhouse-js')`,
      { database: clickhouse.database },
    )
    assert.deepEqual(agents, { ours: 1 }) // as our programs call themselves
    const byProperty = new Map(proposals.map((proposal) => [proposal.property, proposal]))
    assert.deepEqual([...byProperty.keys()].toSorted((a, b) => a.localeCompare(b)), ['amount', 'never', 'note', 'plan', 'price', 'tags']) // prettier-ignore
    assert.equal(byProperty.get('plan')?.queries, 3)
    assert.equal(byProperty.get('plan')?.column?.type, 'LowCardinality(String)')
    assert.equal(byProperty.get('price')?.column?.type, 'Float64')
    assert.deepEqual(byProperty.get('note')?.column, { property: 'note', type: 'String', comment: 'Property note, as sent. Personal data.' }) // prettier-ignore
    assert.match(byProperty.get('tags')?.why ?? '', /several types, objects or lists/)
    assert.match(byProperty.get('never')?.why ?? '', /no event has it/)
    assert.match(byProperty.get('amount')?.why ?? '', /has the column amount/)
    const { gainSeconds, microsecondsPerRow, seconds } = byProperty.get('plan') ?? {}
    assert.ok(typeof gainSeconds === 'number' && typeof microsecondsPerRow === 'number' && seconds)
    assert.ok(gainSeconds >= 0 && gainSeconds <= seconds && microsecondsPerRow < 1_000)
  },
)

test('however long the names are that queries ask for, each is looked up', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const names = Array.from({ length: 50 }, (_, n) => `${n}-${'long'.repeat(2_400)}`)
  for (const name of names) {
    await askAs('a tool/1.0', rolled, `SELECT JSONHas(properties, '${name}') FROM tracked`)
  }
  const { proposals } = await proposeHotProperties({
    clickhouse: rolled.clickhouse,
    hotProperties: [],
    isPersonal: () => false,
    days: 1,
    limit: 50,
  })
  assert.deepEqual(new Set(proposals.map(({ property }) => property)), new Set(names))
})

const HOT = [
  { property: 'plan', column: 'plan', type: 'LowCardinality(String)', comment: '' },
  { property: 'price', column: 'price', type: 'Float64', comment: '' },
]
const COLUMNS = HOT.map(({ column }) => column)

/** A database with two months from before the columns, and one from after. */
async function openWithOldParts(): Promise<RolledUp> {
  const rolled = await openRolledUp(stack)
  await insertEvents(rolled, '2026-01')
  await insertEvents(rolled, '2026-02')
  await rolled.migrate({ hotProperties: HOT })
  await insertEvents(rolled, '2026-03')
  return rolled
}

/** The same, where no mutation gets done. */
async function openWithoutMerges(): Promise<RolledUp> {
  const rolled = await openWithOldParts()
  await rolled.clickhouse.command('SYSTEM STOP MERGES events')
  return rolled
}

function fillOptions(clickhouse: ClickHouse, change: Partial<FillOptions> = {}): FillOptions {
  const stop = new AbortController().signal
  return { clickhouse, cluster: '', columns: COLUMNS, stop, onProgress: () => {}, ...change }
}

/** Parts that hold none of the columns, by month. */
async function lacking({ clickhouse }: RolledUp): Promise<readonly string[]> {
  const rows = await clickhouse.query<{ month: string }>(
    `SELECT DISTINCT partition_id AS month FROM system.parts AS p
     WHERE active AND database = {database:String} AND table = 'events' AND p.rows > 0 AND name NOT IN (
       SELECT name FROM system.parts_columns WHERE active AND database = {database:String} AND table = 'events' AND column = 'price')
     ORDER BY month`,
    { database: clickhouse.database },
  )
  return rows.map(({ month }) => month)
}

test('parts from before a column are filled, month by month, the latest first', SLOW, async () => {
  await using rolled = await openWithOldParts()
  const { clickhouse } = rolled
  assert.deepEqual(await lacking(rolled), ['202601', '202602'])
  const told: FillProgress[] = []
  const fill = fillOptions(clickhouse, { onProgress: (each) => void told.push(each) })
  assert.deepEqual(await fillHotColumns(fill), { outcome: 'filled', months: 2, rows: 40_000 })
  assert.deepEqual(await lacking(rolled), [])
  assert.deepEqual([...new Set(told.map(({ month }) => month))], ['202602', '202601'])
  assert.deepEqual(told.at(-1), { rows: 40_000, rowsDone: 40_000, month: '202601' })
  assert.ok(told.every(({ rowsDone }, index) => rowsDone >= (told[index - 1]?.rowsDone ?? 0)))
  assert.deepEqual(
    await clickhouse.query(
      "SELECT toUInt32(sum(price)) AS sum, toUInt32(countIf(plan = 'pro')) AS pro FROM tracked",
    ),
    [{ sum: 3 * (19_999 * 10_000), pro: 30_000 }],
  )
  assert.deepEqual(await fillHotColumns(fill), { outcome: 'filled', months: 0, rows: 0 })
})

test('a column that is named twice is filled once', SLOW, async () => {
  await using rolled = await openWithOldParts()
  const fill = fillOptions(rolled.clickhouse, { columns: ['price', 'price'] })
  assert.deepEqual(await fillHotColumns(fill), { outcome: 'filled', months: 2, rows: 40_000 })
  assert.deepEqual(await lacking(rolled), [])
})

const mutations = ({ clickhouse }: RolledUp, where: string): Promise<object[]> =>
  clickhouse.query(
    `SELECT DISTINCT mutation_id FROM system.mutations
     WHERE database = {database:String} AND table = 'events' AND command LIKE '%MATERIALIZE%' AND ${where}`,
    { database: clickhouse.database },
  )

test('a fill that is stopped takes its mutation back, and the next run goes on', SLOW, async () => {
  await using rolled = await openWithoutMerges()
  const { clickhouse } = rolled
  const stop = new AbortController()
  const options = fillOptions(clickhouse, { stop: stop.signal, onProgress: () => stop.abort() })
  assert.deepEqual(await fillHotColumns(options), { outcome: 'stopped', months: 0, rows: 0 })
  assert.deepEqual(await mutations(rolled, 'NOT is_done AND NOT is_killed'), [])
  assert.deepEqual(await lacking(rolled), ['202601', '202602'])
  await clickhouse.command('SYSTEM START MERGES events')
  assert.deepEqual(await fillHotColumns(fillOptions(clickhouse)), {
    outcome: 'filled',
    months: 2,
    rows: 40_000,
  })
  assert.deepEqual(await lacking(rolled), [])
})

test('a mutation that a killed run left behind is waited for, not made again', SLOW, async () => {
  await using rolled = await openWithoutMerges()
  const { clickhouse } = rolled
  const dying = {
    ...clickhouse,
    query: async <Row>(sql: string, params?: Record<string, unknown>): Promise<Row[]> => {
      const rows = await clickhouse.query<Row & { running?: number }>(sql, params)
      if (Number(rows[0]?.running) > 0) throw new Error('killed')
      return rows
    },
  }
  const killed = fillHotColumns(fillOptions(dying))
  await assert.rejects(killed, /killed/)
  const onProgress = (): void => void clickhouse.command('SYSTEM START MERGES events')
  const filling = fillHotColumns(fillOptions(clickhouse, { onProgress }))
  assert.deepEqual(await filling, { outcome: 'filled', months: 2, rows: 40_000 })
  await eventually(async () => assert.deepEqual(await lacking(rolled), []))
  assert.equal((await mutations(rolled, '1')).length, 2)
})

test('a fill that ClickHouse gives up says why, and takes its mutation back', SLOW, async () => {
  await using rolled = await openRolledUp(stack)
  const { clickhouse } = rolled
  await insertEvents(rolled, '2026-01')
  await clickhouse.command(
    "ALTER TABLE events ADD COLUMN bad Nullable(UInt8) MATERIALIZED throwIf(properties != '', 'it cannot be')",
  )
  const filling = fillHotColumns(fillOptions(clickhouse, { columns: ['bad'] }))
  await assert.rejects(filling, /filling month 202601: .*it cannot be.*run it again/s)
  assert.deepEqual(await mutations(rolled, 'NOT is_done AND NOT is_killed'), [])
})

test(
  'a mutation that somebody else kills is a failure, not the end of the fill',
  SLOW,
  async () => {
    await using rolled = await openWithoutMerges()
    const { clickhouse } = rolled
    const onProgress = (): void =>
      void clickhouse.command(
        "KILL MUTATION WHERE database = {database:String} AND table = 'events' AND NOT is_done",
        { database: clickhouse.database },
      )
    await assert.rejects(
      fillHotColumns(fillOptions(clickhouse, { onProgress, comesWithinMs: 1_000 })),
      /filling month 202602: no mutation runs any more, but parts lack columns.*run it again/s,
    )
    assert.deepEqual(await lacking(rolled), ['202601', '202602'])
  },
)

test('a mutation that a replica has not heard of yet is waited for', SLOW, async () => {
  await using rolled = await openWithoutMerges()
  const { clickhouse } = rolled
  let unheard = 3
  const behind = {
    ...clickhouse,
    query: async <Row>(sql: string, params?: Record<string, unknown>): Promise<Row[]> => {
      const rows = await clickhouse.query<Row & { running?: number }>(sql, params)
      if (Number(rows[0]?.running) > 0 && unheard > 0) {
        unheard -= 1
        return []
      }
      return rows
    },
  }
  const onProgress = (): void => void clickhouse.command('SYSTEM START MERGES events')
  const filling = fillHotColumns(fillOptions(behind, { onProgress }))
  assert.deepEqual(await filling, { outcome: 'filled', months: 2, rows: 40_000 })
  assert.equal(unheard, 0)
  assert.deepEqual(await lacking(rolled), [])
})

test(
  'on a cluster all servers are looked at, filled and, when it is to end, stopped',
  SLOW,
  async () => {
    await using rolled = await openWithoutMerges()
    const { clickhouse } = rolled
    const asked: string[] = []
    const asOneServer = (sql: string): string => {
      asked.push(sql)
      return sql
        .replaceAll(/clusterAllReplicas\('two', ([\w.]+)\)/g, '$1')
        .replace('ON CLUSTER `two`', '')
    }
    const clustered: ClickHouse = {
      ...clickhouse,
      query: (sql, params) => clickhouse.query(asOneServer(sql), params),
      command: (sql, params) => clickhouse.command(asOneServer(sql), params),
    }
    const stop = new AbortController()
    const onProgress = (): void => stop.abort()
    const options = fillOptions(clustered, { cluster: 'two', stop: stop.signal, onProgress })
    assert.equal((await fillHotColumns(options)).outcome, 'stopped')
    const words = asked.map(
      (sql) => /parts_columns|system\.(mutations|disks)|ALTER|KILL/.exec(sql)?.[0],
    )
    assert.deepEqual(
      new Set(words),
      new Set(['parts_columns', 'system.mutations', 'system.disks', 'ALTER', 'KILL']),
    )
    for (const sql of asked) assert.match(sql, /clusterAllReplicas\('two', |ON CLUSTER `two`/)
  },
)

test(
  'Ctrl-C ends the command in order: exit code 130, and what is left is told',
  SLOW,
  async () => {
    await using rolled = await openRolledUp(stack)
    const { clickhouse } = rolled
    await insertEvents(rolled, '2026-01')
    await rolled.migrate({ hotProperties: HOT })
    await clickhouse.command('ALTER TABLE events DROP COLUMN amount')
    await rolled.migrate({}) // amount is declared, and in no part
    await clickhouse.command('SYSTEM STOP MERGES events')
    const child = spawn(
      process.execPath,
      ['cli/src/main.ts', 'hot-properties', '--fill', 'amount'],
      {
        cwd: new URL('../..', import.meta.url),
        env: { ...process.env, ...stack.environment, CLICKHOUSE_DATABASE: clickhouse.database },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const said: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
    await eventually(async () => assert.equal((await mutations(rolled, 'NOT is_done')).length, 1), { withinMs: 60_000 }) // prettier-ignore
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'close'), [130, null])
    assert.match(said.join(''), /stopped; 0 rows in 0 months are done.*run it again to go on/)
    assert.deepEqual(await mutations(rolled, 'NOT is_done AND NOT is_killed'), [])
  },
)
