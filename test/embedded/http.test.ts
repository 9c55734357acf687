// The HTTP interface itself, as curl and other clients see it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
let credentials: Readonly<Record<string, string>>

before(async () => {
  server = await startClickHouse()
  credentials = clickhouseHeaders(server.environment)
  await ask('CREATE TABLE t (id UInt32) ENGINE = MergeTree ORDER BY id')
})

after(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Headers
}

async function ask(
  body: string | Buffer | undefined,
  path = '/',
  init: RequestInit = {},
): Promise<Answer> {
  const sent = body instanceof Buffer ? new Uint8Array(body) : body
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    ...(sent === undefined ? {} : { body: sent }),
    ...init,
    headers: init.headers ?? credentials,
  })
  return { status: response.status, body: await response.text(), headers: response.headers }
}

const query = (sql: string): string => `/?query=${encodeURIComponent(sql)}`

test('paths that are not queries answer as a server does', async () => {
  assert.equal((await ask(undefined, '/ping', { method: 'GET' })).body, 'Ok.\n')
  assert.equal((await ask(undefined, '/', { method: 'GET' })).body, 'Ok.\n')
  assert.equal((await ask(undefined, '/nowhere', { method: 'GET' })).status, 404)
  assert.equal((await ask(undefined, '/', { method: 'PUT' })).status, 404)
  assert.equal((await ask('', '/')).status, 400)
  const head = await ask(undefined, query('SELECT 1'), { method: 'HEAD' })
  assert.deepEqual([head.status, head.body], [200, ''])
})

test('the format comes from the query, the URL or a header, and is named', async () => {
  const named = await ask('SELECT 1 AS a FORMAT JSONEachRow')
  assert.deepEqual(
    [named.body, named.headers.get('x-clickhouse-format')],
    ['{"a":1}\n', 'JSONEachRow'],
  )
  assert.equal((await ask('SELECT 1, 2', '/?default_format=CSV')).body, '1,2\n')
  assert.equal(
    (await ask('SELECT 1, 2', '/', { headers: { ...credentials, 'X-ClickHouse-Format': 'CSV' } }))
      .body,
    '1,2\n',
  )
  assert.equal((await ask('SELECT 1, 2 -- no format')).body, '1\t2\n')
  assert.equal((await ask('SHOW TABLES', '/?default_format=JSONEachRow')).body, '{"name":"t"}\n')
})

test('a query id is echoed, or made', async () => {
  assert.equal(
    (await ask('SELECT 1', '/?query_id=mine')).headers.get('x-clickhouse-query-id'),
    'mine',
  )
  assert.match(
    String((await ask('SELECT 1')).headers.get('x-clickhouse-query-id')),
    /^[\da-f-]{36}$/,
  )
})

test('GET reads only', async () => {
  const answer = await ask(undefined, query('INSERT INTO t VALUES (1)'), { method: 'GET' })
  assert.match(answer.body, /^Code: 164\. DB::Exception: .*readonly/)
  assert.equal(answer.headers.get('x-clickhouse-exception-code'), '164')
  assert.equal((await ask(undefined, query('SELECT 1'), { method: 'GET' })).body, '1\n')
})

test('credentials are taken in one of three ways, and wrong ones are refused', async () => {
  const basic = (pair: string): RequestInit => ({
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  })
  const { CLICKHOUSE_PASSWORD: password } = server.environment
  const none = { headers: {} }
  assert.equal((await ask('SELECT 1', '/', basic(`default:${password}`))).status, 200)
  assert.equal(
    (await ask('SELECT 1', '/', { headers: { 'X-ClickHouse-Key': password } })).status,
    200,
  )
  assert.equal((await ask('SELECT 1', `/?user=default&password=${password}`, none)).status, 200)
  for (const wrong of [
    ask('SELECT 1', '/', none),
    ask('SELECT 1', '/', basic('default:')),
    ask('SELECT 1', '/', basic('default:x')),
    ask('SELECT 1', `/?user=nobody&password=${password}`, none),
    ask('SELECT 1', '/?user=default', basic(`default:${password}`)),
  ]) {
    const answer = await wrong
    assert.deepEqual(
      [answer.status, answer.headers.get('x-clickhouse-exception-code')],
      [403, '516'],
    )
  }
})

test('a password can be asked for', async () => {
  await using guarded = await startClickHouse({
    credentials: { user: 'ana', password: 'sécret:x' },
  })
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(guarded.url, { method: 'POST', body: 'SELECT 1', headers })).status
  const basic = Buffer.from('ana:sécret:x').toString('base64')
  assert.equal(await status({ authorization: `Basic ${basic}` }), 200)
  assert.equal(await status({}), 403)
  assert.equal(await status({ 'X-ClickHouse-User': 'ana', 'X-ClickHouse-Key': 'x' }), 403)
})

test('codecs that are not supported are refused, and a broken gzip body inserts nothing', async () => {
  const insert = query('INSERT INTO t FORMAT TSV')
  const encoded = (encoding: string, body: Buffer): Promise<Answer> =>
    ask(body, insert, { headers: { ...credentials, 'content-encoding': encoding } })
  assert.equal((await encoded('snappy', Buffer.from('1\n'))).status, 501)
  const whole = gzipSync('101\n'.repeat(1_000))
  assert.match((await encoded('gzip', whole.subarray(0, -10))).body, /^Code: 354/)
  assert.match((await encoded('gzip', Buffer.from('plain'))).body, /^Code: 354/)
  assert.equal((await ask('SELECT count() FROM t WHERE id = 101')).body, '0\n')
  assert.equal((await encoded('gzip', whole)).status, 200)
  assert.equal((await ask('SELECT count() FROM t WHERE id = 101')).body, '1000\n')
})

test('a client that goes away while it sends inserts nothing and leaves no file', async () => {
  const socket = createConnection({ port: Number(new URL(server.url).port), host: '127.0.0.1' })
  await once(socket, 'connect')
  const authorization = `X-ClickHouse-Key: ${server.environment.CLICKHOUSE_PASSWORD}\r\n`
  const head = `POST ${query('INSERT INTO t FORMAT TSV')} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}Content-Length: 100\r\n\r\n202\n202\n`
  socket.write(head)
  await eventually(async () => assert.equal((await spooled()).length, 1))
  socket.destroy()
  await eventually(async () => assert.equal((await spooled()).length, 0))
  assert.equal((await ask('SELECT count() FROM t WHERE id = 202')).body, '0\n')
})

async function spooled(): Promise<readonly string[]> {
  const files = await readdir(join(dirname(server.logFile), 'data', 'spool'))
  return files.filter((file) => !file.startsWith('pipe-'))
}

test('curl works as in the manual', async () => {
  const curl = spawn('curl', [
    '-sS',
    '--compressed',
    '--user',
    `default:${server.environment.CLICKHOUSE_PASSWORD}`,
    '--data-binary',
    '@-',
    `${server.url}/?enable_http_compression=1`,
  ])
  curl.stdin.end("SELECT 'from curl' FORMAT TSV")
  curl.stdout.setEncoding('utf8')
  let output = ''
  curl.stdout.on('data', (chunk: string) => (output += chunk))
  await once(curl, 'close')
  assert.equal(output, 'from curl\n')
})

test('no acknowledged insert is lost when the process is killed with -9', async () => {
  await ask('CREATE TABLE kept (id UInt32) ENGINE = MergeTree ORDER BY id')
  for (let round = 0; round < 3; round++) {
    let acknowledged = 0
    const inserting = (async () => {
      for (;;) {
        const answer = await ask(
          `${round * 100_000 + acknowledged}\n`,
          query('INSERT INTO kept FORMAT TSV'),
        )
        assert.equal(answer.status, 200)
        acknowledged++
      }
    })().catch(() => {})
    await eventually(() => assert.ok(acknowledged > 20))
    server.kill('SIGKILL')
    await inserting
    await server.restart()
    const found = await ask(
      `SELECT uniqExact(id), count() FROM kept WHERE intDiv(id, 100000) = ${round} AND id % 100000 < ${acknowledged}`,
    )
    assert.equal(found.body, `${acknowledged}\t${acknowledged}\n`)
  }
})
