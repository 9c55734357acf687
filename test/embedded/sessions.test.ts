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
