// Sessions over HTTP: what stays in one, and that nothing of it reaches another.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
before(async () => (server = await startClickHouse()))
after(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly code: string | null
  readonly body: string
}

async function ask(
  sql: string,
  parameters: Readonly<Record<string, string>> = {},
  init: RequestInit = {},
): Promise<Answer> {
  const search = new URLSearchParams({ ...parameters, query: sql })
  const headers = clickhouseHeaders(server.environment)
  const answer = await fetch(`${server.url}/?${search.toString()}`, {
    method: 'POST',
    headers,
    ...init,
  })
  return {
    code: answer.headers.get('x-clickhouse-exception-code'),
    body: (await answer.text()).trim(),
  }
}

const BLOCK = "SELECT getSetting('max_block_size')"

test('temporary tables, settings and the database stay in their session', async () => {
  const mine = { session_id: 'mine' }
  await ask('CREATE TEMPORARY TABLE kept (id UInt8)', mine)
  await ask('INSERT INTO kept VALUES (1), (2)', mine)
  await ask('SET max_block_size = 77', mine)
  await ask('USE system', mine)
  assert.equal((await ask('SELECT sum(id) FROM kept', mine)).body, '3')
  assert.equal((await ask(BLOCK, mine)).body, '77')
  assert.equal((await ask('SELECT currentDatabase()', mine)).body, 'system')
  for (const elsewhere of [{}, { session_id: 'other' }]) {
    assert.equal((await ask('SELECT * FROM kept', elsewhere)).code, '60')
    assert.notEqual((await ask(BLOCK, elsewhere)).body, '77')
    assert.equal((await ask('SELECT currentDatabase()', elsewhere)).body, 'default')
  }
})

test('what the URL sets is set for one query, in a session with settings, too', async () => {
  const mine = { session_id: 'urls' }
  await ask('SET max_block_size = 77', mine)
  assert.equal((await ask(BLOCK, { ...mine, max_block_size: '5', max_threads: '1' })).body, '5')
  assert.equal(
    (await ask('SELECT currentDatabase()', { ...mine, database: 'system' })).body,
    'system',
  )
  assert.equal((await ask('SELECT 1', { ...mine, no_such_setting: '1' })).code, '115')
  assert.equal((await ask('SELECT nope', { ...mine, max_block_size: '6' })).code, '47')
  assert.equal((await ask(BLOCK, mine)).body, '77')
  assert.equal((await ask('SELECT currentDatabase()', mine)).body, 'default')
  const changed = "SELECT changed FROM system.settings WHERE name = 'max_threads'"
  assert.equal((await ask(changed, mine)).body, '0')
})

test('readonly in the URL is refused in a session with settings, and harms it not', async () => {
  const mine = { session_id: 'readonly' }
  await ask('SET max_block_size = 77', mine)
  for (const sql of ['SELECT 1', 'SET max_threads = 1']) {
    const { code, body } = await ask(sql, { ...mine, readonly: '1' })
    assert.equal(code, '48')
    assert.match(body, /readonly in the URL cannot be undone in a session/)
  }
  assert.equal((await ask(BLOCK, { ...mine, max_threads: '2' })).body, '77')
})

test('limits of a session do not reach what is asked to undo the settings of a URL', async () => {
  for (const [at, limit] of [
    'limit = 1',
    'offset = 1',
    "max_result_rows = 1, result_overflow_mode = 'break'",
    'max_rows_to_read = 1',
    'use_query_cache = 1',
  ].entries()) {
    const mine = { session_id: `limited ${at}`, session_check: '1' }
    await ask(`SET ${limit}, max_block_size = 77, max_threads = 3`, { session_id: mine.session_id })
    const url = { max_block_size: '5', max_threads: '1', database: 'system' }
    assert.equal((await ask('SELECT 1', { ...mine, ...url })).code, null, limit)
    const now = "SELECT getSetting('max_block_size'), getSetting('max_threads'), currentDatabase()"
    const { body } = await ask(`${now} SETTINGS offset = 0, use_query_cache = 0`, mine)
    assert.equal(body, '77\t3\tdefault', limit)
  }
  const unlimited = { session_id: 'has no limit' }
  await ask('SET max_block_size = 77', unlimited)
  const five = 'SELECT number FROM numbers(5)'
  assert.equal((await ask(five, { ...unlimited, limit: '2', offset: '1' })).body, '1\n2')
  assert.equal((await ask(five, unlimited)).body, '0\n1\n2\n3\n4')
  assert.equal((await ask(BLOCK, unlimited)).body, '77')
})

test('a query keeps its outcome, and its session ends, when it cannot be made what it was', async () => {
  const limited = { session_id: 'has a limit' } // which the engine does not tell
  await ask('SET limit = 1', limited)
  const two = await ask('SELECT number FROM numbers(5)', { ...limited, limit: '2' })
  assert.equal(two.body, '0\n1')
  assert.equal((await ask('SELECT 1', { ...limited, session_check: '1' })).code, '372')
  await ask('CREATE DATABASE gone')
  const mine = { session_id: 'stuck' }
  await ask('USE gone', mine)
  assert.deepEqual(await ask('DROP DATABASE gone', { ...mine, database: 'default' }), {
    code: null,
    body: '',
  })
  assert.equal((await ask('SELECT 1', { ...mine, session_check: '1' })).code, '372')
  assert.equal((await ask('SELECT currentDatabase()', mine)).body, 'default')
})

test('the rows of an INSERT have no limit of readers, unless their session has one of its own', async () => {
  const limit = "SELECT getSetting('max_memory_usage')"
  await ask('CREATE TABLE limits (memory UInt64, seconds Float64) ENGINE = Memory')
  const insert =
    "INSERT INTO limits VALUES (getSetting('max_memory_usage'), getSetting('max_execution_time'))"
  const last = async (): Promise<string> => {
    const { body } = await ask('SELECT memory, seconds FROM limits')
    await ask('TRUNCATE TABLE limits')
    return body
  }
  const mine = { session_id: 'inserts' }
  await ask('SET max_block_size = 77', mine)
  const ofReaders = (await ask(limit, mine)).body
  assert.equal((await ask(insert, mine)).code, null)
  assert.equal(await last(), '0\t0')
  assert.equal((await ask(limit, mine)).body, ofReaders)
  await ask('SET max_memory_usage = 123456789, max_rows_to_read = 1', mine)
  assert.equal((await ask(insert, mine)).code, null)
  assert.equal(await last(), '123456789\t0')
  assert.equal((await ask(insert, { ...mine, max_execution_time: '7' })).code, null)
  assert.equal(await last(), '123456789\t7')
  assert.equal((await ask(limit, mine)).body, '123456789')
})

test('the parameters that stay in a session are bounded, and it says how to go on', async () => {
  const mine = { session_id: 'parameters' }
  await ask('SET max_block_size = 77', mine)
  const form = (name: string): RequestInit => {
    const fields = new FormData()
    fields.set(`param_${name}`, 'x'.repeat(200_000))
    return { body: fields }
  }
  for (const name of ['a', 'a', 'a', 'b', 'c', 'd', 'e', 'a']) {
    const sql = `SELECT length({${name}:String})`
    assert.equal((await ask(sql, mine, form(name))).body, '200000')
  }
  const { code, body } = await ask('SELECT 1', mine, form('f'))
  assert.equal(code, '700')
  assert.match(body, /close_session=1/)
  assert.equal((await ask(BLOCK, mine)).body, '77')
})

test('GET reads only, in a session, too, and leaves it as it was', async () => {
  const mine = { session_id: 'gets' }
  const get = { method: 'GET' }
  await ask('SET max_block_size = 77', mine)
  assert.equal((await ask('CREATE TABLE g (a UInt8) ENGINE = Memory', mine, get)).code, '164')
  assert.equal((await ask('INSERT INTO g SELECT 1', mine, get)).code, '164')
  assert.equal((await ask(BLOCK, mine, get)).body, '77')
  assert.equal((await ask('CREATE TABLE g (a UInt8) ENGINE = Memory', mine)).code, null)
})

test('a session is one query at a time, and is free again when its client goes away', async () => {
  const mine = { session_id: 'busy' }
  await ask('SET max_block_size = 77', mine)
  const leaving = new AbortController()
  const endless = ask('SELECT count() AS endless FROM system.numbers', mine, {
    signal: leaving.signal,
  })
  await eventually(async () => assert.equal((await ask('SELECT 1', mine)).code, '373'))
  leaving.abort()
  await assert.rejects(endless)
  await eventually(async () => assert.equal((await ask(BLOCK, mine)).body, '77'))
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%endless%' AND query NOT LIKE '%processes%'"
  assert.equal((await ask(running)).body, '0')
})

test('a session ends after its time, or when it is told to', async () => {
  const short = { session_id: 'short', session_timeout: '1' }
  await ask('CREATE TEMPORARY TABLE brief (id UInt8)', short)
  assert.equal((await ask('SELECT count() FROM brief', { ...short, session_check: '1' })).body, '0')
  const check = { ...short, session_check: '1' } // it counts as a use
  await eventually(async () => assert.equal((await ask('SELECT 1', check)).code, '372'), {
    everyMs: 1_500,
  })
  assert.equal((await ask('SELECT * FROM brief', short)).code, '60')
  const closing = { session_id: 'closing' }
  await ask('CREATE TEMPORARY TABLE brief (id UInt8)', closing)
  assert.equal(
    (await ask('SELECT count() FROM brief', { ...closing, close_session: '1' })).body,
    '0',
  )
  assert.equal((await ask('SELECT * FROM brief', closing)).code, '60')
})

test('a flood of sessions is refused, harms no other, and ends', async () => {
  await ask('SET max_block_size = 77', { session_id: 'before' })
  const flood = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      ask('SET max_block_size = 1', { session_id: `flood ${at}`, session_timeout: '2' }),
    ),
  )
  const refused = flood.filter(({ code }) => code === '700')
  assert.ok(refused.length >= 36, `${refused.length} of 100 were refused`)
  assert.equal((await ask(BLOCK, { session_id: 'before' })).body, '77')
  assert.equal((await ask('SELECT 1', { session_id: 'without state' })).body, '1')
  await eventually(async () => {
    assert.equal((await ask('SET max_block_size = 2', { session_id: 'after' })).code, null)
  })
})
