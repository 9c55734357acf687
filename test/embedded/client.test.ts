// `@clickhouse/client` works against the embedded ClickHouse as against a server.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
} from '@clickhouse/client'
import { startClickHouse } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
let client: ClickHouseClient
const clients: ClickHouseClient[] = []

before(async () => {
  server = await startClickHouse()
  client = connect({})
})

after(async () => {
  await Promise.all(clients.map((each) => each.close()))
  await server[Symbol.asyncDispose]()
})

function connect(options: ClickHouseClientConfigOptions): ClickHouseClient {
  const quiet = { level: ClickHouseLogLevel.OFF } // errors are what these tests look at
  const made = createClient({
    url: server.url,
    password: server.environment.CLICKHOUSE_PASSWORD,
    log: quiet,
    ...options,
  })
  clients.push(made)
  return made
}

let tables = 0
async function makeTable(columns: string): Promise<string> {
  const table = `t${++tables}`
  await client.command({
    query: `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY tuple()`,
  })
  return table
}

async function rows(query: string, via = client): Promise<unknown[]> {
  const result = await via.query({ query, format: 'JSONEachRow' })
  return result.json()
}

async function errorOf(
  work: Promise<unknown>,
): Promise<{ readonly code?: string; readonly message: string }> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  return error
}

test('ping answers, by path and by query', async () => {
  assert.deepEqual(await client.ping(), { success: true })
  assert.deepEqual(await client.ping({ select: true }), { success: true })
})

test('objects are inserted with defaults and materialized columns, and counted', async () => {
  const table = await makeTable(
    'id UInt32, s String, d UInt8 DEFAULT 7, m String MATERIALIZED upper(s)',
  )
  const { summary } = await client.insert({
    table,
    values: [
      { id: 1, s: 'a' },
      { id: 2, s: 'b\n\nc', d: 9 },
    ],
    format: 'JSONEachRow',
    columns: ['id', 's', 'd'],
  })
  assert.equal(summary?.written_rows, '2')
  assert.deepEqual(await rows(`SELECT id, s, d, m FROM ${table} ORDER BY id`), [
    { id: 1, s: 'a', d: 7, m: 'A' },
    { id: 2, s: 'b\n\nc', d: 9, m: 'B\n\nC' },
  ])
})

test('streams of objects and raw Native blocks are inserted', async () => {
  const table = await makeTable('id UInt32')
  const objects = Readable.from(Array.from({ length: 1_000 }, (_, id) => ({ id })))
  await client.insert({ table, values: objects, format: 'JSONEachRow' })
  const native = await client.exec({ query: `SELECT * FROM ${table} FORMAT Native` })
  const copy = await makeTable('id UInt32')
  const { stream } = await client.exec({
    query: `INSERT INTO ${copy} (id) FORMAT Native`,
    values: native.stream,
  })
  await text(stream)
  assert.deepEqual(await rows(`SELECT count() AS c, sum(id) AS s FROM ${copy}`), [
    { c: 1_000, s: 499_500 },
  ])
})

test('parameters arrive as they are, in the URL and as a form', async () => {
  const values = ["it's\n\t\\N\\", 'é😀', '', '{"a":"b"}']
  for (const use_multipart_params of [false, true]) {
    for (const value of values) {
      const result = await client.query({
        query: 'SELECT {v:String} AS v, {n:Nullable(UInt8)} AS n, {l:Array(String)} AS l',
        query_params: { v: value, n: null, l: [value] },
        format: 'JSONEachRow',
        use_multipart_params,
      })
      assert.deepEqual(await result.json(), [{ v: value, n: null, l: [value] }])
    }
  }
})

test('every format is one document, however many blocks it has', async () => {
  const query = 'SELECT number AS n FROM numbers(200000)'
  const json = await (await client.query({ query, format: 'JSON' })).json()
  assert.equal(json.rows, 200_000)
  const csv = await (await client.query({ query, format: 'CSVWithNames' })).text()
  assert.equal(csv.split('\n').filter((line) => line === '"n"').length, 1)
})

const failures: readonly (readonly [
  query: string,
  code: string,
  settings?: Record<string, string>,
])[] = [
  ['SELECT nope', '47'],
  ['SELECT * FROM nope', '60'],
  ['SELEC 1', '62'],
  ['SELECT 1; SELECT 2', '62'],
  ['SELECT 1', '115', { nosuch_setting: '1' }],
  ['SELECT throwIf(1)', '395'],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", '482'],
  ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV", '78'],
  ["INSERT INTO t SELECT * FROM input('a UInt8') FORMAT TSV", '48'],
  ["KILL QUERY WHERE query_id = 'x'", '48'],
]

test("errors have the server's codes, and what is not supported says so", async () => {
  for (const [query, code, clickhouse_settings = {}] of failures) {
    const error = await errorOf(client.command({ query, clickhouse_settings }))
    assert.equal(error.code, code, query)
  }
  assert.equal((await errorOf(client.query({ query: 'SELECT 1', role: 'x' }))).code, '511')
  const stranger = connect({ password: 'wrong' })
  assert.equal((await errorOf(stranger.query({ query: 'SELECT 1' }))).code, '516')
  const elsewhere = connect({ database: 'nope' })
  assert.equal((await errorOf(elsewhere.query({ query: 'SELECT 1' }))).code, '81')
})

test('a bad row is refused with its code and without our file names', async () => {
  const table = await makeTable('id UInt32')
  const error = await errorOf(
    client.insert({
      table,
      values: [{ id: 1, nope: 2 }],
      format: 'JSONEachRow',
      clickhouse_settings: { input_format_skip_unknown_fields: 0 },
    }),
  )
  assert.equal(error.code, '117')
  assert.doesNotMatch(error.message, /spool/)
  assert.deepEqual(await rows(`SELECT count() AS c FROM ${table}`), [{ c: 0 }])
})

test('settings and databases are those of one request and never of the next', async () => {
  const setting = "SELECT getSetting('max_block_size') AS s, getSetting('implicit_select') AS i"
  const [usual] = await rows(setting)
  const changed = await client.query({
    query: setting,
    format: 'JSONEachRow',
    clickhouse_settings: { max_block_size: '123' },
  })
  assert.deepEqual(await changed.json(), [{ s: 123, i: false }])
  await client.command({ query: 'SET max_block_size = 77' })
  await client.command({ query: 'USE system' })
  for (let again = 0; again < 5; again++) assert.deepEqual(await rows(setting), [usual])
  assert.deepEqual(await rows('SELECT currentDatabase() AS d'), [{ d: 'default' }])
})

test('compression works in both directions', async () => {
  const compressing = connect({ compression: { request: true, response: true } })
  const table = await makeTable('s String')
  await compressing.insert({ table, values: [{ s: 'z'.repeat(100_000) }], format: 'JSONEachRow' })
  const result = await compressing.query({ query: `SELECT s FROM ${table}`, format: 'JSONEachRow' })
  assert.equal(result.response_headers['content-encoding'], 'gzip')
  assert.deepEqual(await result.json(), [{ s: 'z'.repeat(100_000) }])
})

test('an error behind rows that were sent already reaches the reader', async () => {
  const query =
    'SELECT number, throwIf(number = 3000000) FROM numbers(5000000) SETTINGS max_block_size = 65536'
  const result = await client.query({ query, format: 'JSONEachRow' })
  const error = await errorOf(text(result.stream().map(() => '')))
  assert.equal(error.code, '395')
})

test('wait_end_of_query gives an error its status, whatever came before it', async () => {
  const query =
    'SELECT number, throwIf(number = 3000000) FROM numbers(5000000) SETTINGS max_block_size = 65536'
  const error = await errorOf(
    client.query({ query, clickhouse_settings: { wait_end_of_query: 1 } }),
  )
  assert.equal(error.code, '395')
  const whole = await client.query({
    query: 'SELECT number FROM numbers(1000000)',
    format: 'TabSeparated',
    clickhouse_settings: { wait_end_of_query: 1 },
  })
  assert.equal((await whole.text()).length, 6_888_890)
  const summary: unknown = JSON.parse(String(whole.response_headers['x-clickhouse-summary']))
  assert.partialDeepStrictEqual(summary, { result_rows: '1000000', result_bytes: '8000000' })
})

async function assertNotRunning(part: string): Promise<void> {
  const query = `SELECT count() AS c FROM system.processes WHERE position(query, {part:String}) > 0 AND query NOT LIKE '%processes%'`
  await eventually(async () => {
    const result = await client.query({ query, query_params: { part }, format: 'JSONEachRow' })
    assert.deepEqual(await result.json(), [{ c: 0 }])
  })
}

test('a reader that goes away ends its query, and endless results need little memory', async () => {
  const memory = async (): Promise<number> => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
  }
  const atFirst = await memory()
  const result = await client.query({
    query: 'SELECT number AS endless FROM system.numbers',
    format: 'JSONEachRow',
  })
  let count = 0
  for await (const batch of result.stream()) {
    count += batch.length
    if (count > 1_000_000) break
  }
  const grown = (await memory()) - atFirst
  await assertNotRunning('endless')
  assert.ok(grown < 200, `${grown} MiB more`)
})

test('a query without a result yet is cancelled, too', async () => {
  const aborting = new AbortController()
  const query = 'SELECT count() AS silent FROM system.numbers WHERE number % 7 = 2'
  const asking = client.query({ query, abort_signal: aborting.signal })
  await eventually(async () => {
    const running =
      "SELECT count() AS c FROM system.processes WHERE query LIKE '%silent%' AND query NOT LIKE '%processes%'"
    assert.deepEqual(await rows(running), [{ c: 1 }])
  })
  aborting.abort()
  await errorOf(asking)
  await assertNotRunning('silent')
})

test('an INSERT … SELECT and a command end with their client, and their session is free', async () => {
  const table = await makeTable('id UInt64')
  const session_id = `abandoned-${table}`
  await client.command({ query: 'SET max_block_size = 77', session_id })
  const endless = 'SELECT number FROM system.numbers WHERE number % 7 = 8'
  for (const query of [
    `INSERT INTO ${table} ${endless}`,
    `CREATE TABLE ${table}_copy ENGINE = MergeTree ORDER BY number AS ${endless}`,
  ]) {
    const aborting = new AbortController()
    const asking = client.command({ query, session_id, abort_signal: aborting.signal })
    const running = `SELECT count() AS c FROM system.processes WHERE query LIKE '%= 8%' AND query NOT LIKE '%processes%'`
    await eventually(async () => assert.deepEqual(await rows(running), [{ c: 1 }]))
    aborting.abort()
    await errorOf(asking)
    // The engine lists what ended on a connection until the next query on it.
    await eventually(() => client.command({ query: 'SET max_block_size = 77', session_id }))
    await assertNotRunning('= 8')
  }
})

test('a slow select does not hold an insert back', async () => {
  const table = await makeTable('id UInt32')
  const aborting = new AbortController()
  const slow = client
    .query({
      query: 'SELECT count() FROM system.numbers WHERE number % 7 = 3',
      abort_signal: aborting.signal,
    })
    .then(
      () => 'finished',
      () => 'aborted',
    )
  const insert = client
    .insert({ table, values: [{ id: 1 }], format: 'JSONEachRow' })
    .then(() => 'inserted')
  assert.equal(await Promise.race([slow, insert]), 'inserted')
  aborting.abort()
  assert.equal(await slow, 'aborted')
})

test('more queries than slots wait for their turn', async () => {
  const many = Array.from({ length: 100 }, (_, n) => rows(`SELECT ${n} AS n, sleep(0.05) AS s`))
  assert.deepEqual(
    await Promise.all(many),
    Array.from({ length: 100 }, (_, n) => [{ n, s: 0 }]),
  )
})
