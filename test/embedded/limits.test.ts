// What one query may take, and what it can never take from the rows that are inserted beside it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
before(async () => {
  server = await startClickHouse()
  await ask('CREATE TABLE t (id UInt32) ENGINE = MergeTree ORDER BY id')
})
after(() => server[Symbol.asyncDispose]())

async function ask(
  sql: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: string | null; readonly body: string }> {
  const search = new URLSearchParams(parameters)
  const headers = clickhouseHeaders(server.environment)
  const answer = await fetch(`${server.url}/?${search.toString()}`, {
    method: 'POST',
    body: sql,
    headers,
  })
  return { code: answer.headers.get('x-clickhouse-exception-code'), body: await answer.text() }
}

test('queries that hold every place for readers leave the places of inserts alone', async () => {
  let ended = 0
  const idle = Array.from({ length: 40 }, async () => {
    const { code } = await ask('SELECT sleep(3)')
    ended++
    return code
  })
  for (let at = 0; at < 6; at++) {
    assert.equal((await ask(`INSERT INTO t VALUES (${at})`)).code, null)
  }
  assert.equal(ended, 0, 'all rows are in before the first of 40 queries ended')
  assert.ok((await Promise.all(idle)).every((code) => code === null))
})

test('a place comes back whenever its client goes away', async () => {
  await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const search = at % 2 === 0 ? 'compress=1' : 'enable_http_compression=1'
      const asked = fetch(`${server.url}/?${search}`, {
        method: 'POST',
        body: 'SELECT number AS left, toString(number) FROM system.numbers',
        headers: clickhouseHeaders(server.environment),
        signal: AbortSignal.timeout(1 + at * 3),
      })
      await asked.then((answer) => answer.text()).catch(() => {})
    }),
  )
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%left%' AND query NOT LIKE '%processes%'"
  await eventually(async () => assert.equal((await ask(running)).body, '0\n'))
  const beganAt = performance.now()
  const all = await Promise.all(Array.from({ length: 24 }, () => ask('SELECT sleep(3)')))
  assert.ok(all.every(({ body }) => body === '0\n'))
  assert.ok(performance.now() - beganAt < 5_500, 'all 24 places are there')
})

const tooMuch: readonly (readonly [what: string, code: string, sql: string, own?: object])[] = [
  ['memory', '241', 'SELECT length(groupArray(number)) FROM numbers(1000000000)'],
  ['rows', '158', 'SELECT count() FROM numbers(100000000000)'],
  ['time', '159', 'SELECT count() FROM system.numbers', { max_execution_time: '1' }],
]
for (const [what, code, sql, own = {}] of tooMuch) {
  test(`a query that takes too much ${what} is ended with code ${code}`, async () => {
    assert.equal((await ask(sql, { ...own })).code, code)
    assert.equal((await ask('SELECT 1')).body, '1\n')
  })
}

test('no query is marked as another, which nobody could end', async () => {
  for (const settings of [
    "query_cache_tag = 'x'",
    "max_threads = 1, `query_cache_tag`/**/= ''",
    String.raw`"query_cache_ta\x67" = 'x'`,
  ]) {
    const asked = fetch(server.url, {
      method: 'POST',
      body: `SELECT count() AS marked FROM system.numbers SETTINGS ${settings}`,
      headers: clickhouseHeaders(server.environment),
      signal: AbortSignal.timeout(5_000),
    })
    const code = await asked.then(({ headers }) => headers.get('x-clickhouse-exception-code')).catch(() => 'runs') // prettier-ignore
    const running =
      "SELECT count() FROM system.processes WHERE query LIKE '%marked%' AND query NOT LIKE '%processes%'"
    await eventually(async () => assert.equal((await ask(running)).body, '0\n'))
    assert.equal(code, '452', settings)
  }
  assert.equal((await ask("SELECT getSetting('query_cache_tag') != ''")).body, '1\n')
})

test('a query has limits of memory, disk, time and rows, and may ask for others', async () => {
  const names = [
    'max_memory_usage',
    'max_bytes_before_external_group_by',
    'max_bytes_before_external_sort',
    'max_temporary_data_on_disk_size_for_query',
    'max_execution_time',
    'max_rows_to_read',
  ]
  for (const name of names) {
    const now = `SELECT toUInt64(getSetting('${name}'))`
    assert.ok(Number((await ask(now)).body) > 0, name)
    assert.equal((await ask(now, { [name]: '123456' })).body, '123456\n')
  }
})

test('grouping goes to disk before it takes too much memory', async () => {
  const sql = 'SELECT count() FROM (SELECT number FROM numbers(3000000) GROUP BY number)'
  const few = { max_memory_usage: '150000000', max_bytes_ratio_before_external_group_by: '0' }
  const never = { ...few, max_bytes_before_external_group_by: '0' }
  assert.equal((await ask(sql, never)).code, '241')
  const early = { ...few, max_bytes_before_external_group_by: '30000000', max_threads: '1' }
  assert.equal((await ask(sql, early)).body, '3000000\n')
})

describe('30 s of silence', { concurrency: true }, () => {
  test('a query may be silent for longer', async () => {
    const silent =
      'SELECT count(sleep(3)) FROM numbers(11) SETTINGS max_block_size = 1, max_threads = 1'
    const beganAt = performance.now()
    assert.equal((await ask(silent)).body, '11\n')
    assert.ok(performance.now() - beganAt > 31_000)
  })

  test('a body may not, and nothing of it is inserted', async () => {
    const socket = createConnection({ port: Number(new URL(server.url).port), host: '127.0.0.1' })
    const key = `X-ClickHouse-Key: ${server.environment.CLICKHOUSE_PASSWORD}`
    const path = `/?query=${encodeURIComponent('INSERT INTO t FORMAT TSV')}`
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${key}\r\nContent-Length: 100\r\n\r\n999\n`,
    )
    const beganAt = performance.now()
    socket.resume()
    await once(socket, 'close', { signal: AbortSignal.timeout(45_000) })
    assert.ok(performance.now() - beganAt > 29_000)
    assert.equal((await ask('SELECT count() FROM t WHERE id = 999')).body, '0\n')
  })
})
