// system.query_log of the embedded ClickHouse: what is asked, in a server's columns, and nothing that is secret.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'

let server: Awaited<ReturnType<typeof startClickHouse>>
before(async () => {
  server = await startClickHouse()
})
after(() => server[Symbol.asyncDispose]())

async function ask(sql: string, search = '', agent = 'a tool/1.0'): Promise<string> {
  const response = await fetch(`${server.url}/?${search}`, {
    method: 'POST',
    headers: { ...clickhouseHeaders(server.environment), 'User-Agent': agent },
    body: sql,
  })
  return response.text()
}

const logged = async (what: string, where: string): Promise<readonly unknown[]> =>
  (await ask(`SELECT ${what} FROM system.query_log WHERE ${where} FORMAT JSONEachRow`))
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line))

test('the log is there before anything was asked', async () => {
  assert.deepEqual(await logged('query', '1'), [])
})

test('a SELECT is in the log as soon as it has ended, with what is known of it', async () => {
  await ask('SELECT number, 5 FROM numbers(3)', 'query_id=first&log_comment=why&database=default')
  assert.deepEqual(
    await logged(
      'type, query, query_kind, query_id, log_comment, current_database, user, http_user_agent, exception_code, toUInt32(result_rows) AS result, toUInt32(is_initial_query) AS initial',
      "query_id = 'first'",
    ),
    [
      { type: 'QueryFinish', query: 'SELECT number, 5 FROM numbers(3)', query_kind: 'Select', query_id: 'first', log_comment: 'why', current_database: 'default', user: 'default', http_user_agent: 'a tool/1.0', exception_code: 0, result: 3, initial: 1 }, // prettier-ignore
    ],
  )
  const [times] = await logged(
    "query_duration_ms < 60000 AS brief, abs(dateDiff('second', event_time, now())) < 60 AS recent, event_date = toDate(event_time) AS fits",
    "query_id = 'first'",
  )
  assert.deepEqual(times, { brief: 1, recent: 1, fits: 1 })
})

test('a SELECT that failed is there with its error', async () => {
  await ask("SELECT throwIf(1, 'oh no')", 'query_id=failed')
  const [row] = await logged('type, exception_code, exception', "query_id = 'failed'")
  const { exception, ...rest } = row as { exception: string }
  assert.deepEqual(rest, { type: 'ExceptionWhileProcessing', exception_code: 395 })
  assert.match(exception, /oh no/)
})

test('the data of inserts, commands and passwords are not in the log', async () => {
  await ask('CREATE TABLE kept (a String) ENGINE = Memory')
  await ask("INSERT INTO kept VALUES ('hunter2')")
  await ask("CREATE USER u IDENTIFIED BY 'hunter2'")
  await ask("SELECT 'https://u:hunter2@h/p'")
  await ask("SELECT encrypt('aes-128-ecb', 'x', 'hunter2')")
  await ask("SELECT 1 AS password WHERE 'hunter2' = ''")
  await ask('SELECT {pw:String} AS shown', 'param_pw=hunter2')
  assert.deepEqual(await logged('query', "concat(query, exception) LIKE '%hunter' || '2%'"), [])
  assert.deepEqual(await logged('query', "query LIKE '%' || 'kept%'"), [])
  assert.deepEqual(await logged('query', "query LIKE 'SELECT {' || '%'"), [
    { query: 'SELECT {pw:String} AS shown' },
  ])
})

test('the log is bounded, and made anew when somebody drops it', async () => {
  const table = await ask(
    "SELECT create_table_query FROM system.tables WHERE database = 'system' AND name = 'query_log'",
  )
  assert.match(table, /ENGINE = Memory SETTINGS max_bytes_to_keep = 33554432/)
  await ask(`SELECT '${'x'.repeat(100_000)}' AS long`, 'query_id=long')
  assert.deepEqual(await logged('length(query)::UInt32 AS chars', "query_id = 'long'"), [
    { chars: 10_000 },
  ])
  await ask('DROP TABLE system.query_log')
  await ask('SELECT 7 AS again', 'query_id=again')
  assert.deepEqual(await logged('query', "query_id = 'again'"), [{ query: 'SELECT 7 AS again' }])
})
