import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createClickHouse } from './connection.ts'

/** What comes of a result that a server answers so. */
async function streamed(
  t: TestContext,
  answer: (response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(response))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo // it listens on TCP
  await using clickhouse = createClickHouse({
    CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
    CLICKHOUSE_USER: 'default',
    CLICKHOUSE_PASSWORD: '',
    CLICKHOUSE_DATABASE: 'x',
  })
  let text = ''
  for await (const chunk of clickhouse.stream({ sql: 'SELECT 1 FORMAT TSV' })) text += String(chunk)
  return text
}

const rows = '1\n'.repeat(20_000)
const exception = 'Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n'

test('a whole result comes byte for byte', async (t) => {
  assert.equal(await streamed(t, (response) => response.end(rows)), rows)
  assert.equal(await streamed(t, (response) => response.end()), '')
})

test('an exception behind the rows, between the marks of 25.11, is thrown and no row of it', async (t) => {
  const tag = '0123456789abcdef'
  const marked = `\r\n__exception__\r\n${tag}\r\n${exception}${exception.length} ${tag}\r\n__exception__\r\n`
  await assert.rejects(
    streamed(t, (response) => {
      response.setHeader('X-ClickHouse-Exception-Tag', tag)
      response.end(rows + marked)
    }),
    /Memory limit exceeded/,
  )
})

test('an exception as bare text, as older versions write it, is thrown', async (t) => {
  await assert.rejects(
    streamed(t, (response) => response.end(rows + exception)),
    /Memory limit exceeded/,
  )
})

test('rows that read like an exception are rows where marks are named', async (t) => {
  const text = `${rows}Code: 1. DB::Exception: of a person\n`
  const answer = (response: ServerResponse): void => {
    response.setHeader('X-ClickHouse-Exception-Tag', 'abc')
    response.end(text)
  }
  assert.equal(await streamed(t, answer), text)
})

test('a connection that is cut in the middle is thrown', async (t) => {
  await assert.rejects(
    streamed(t, (response) => {
      response.write(rows)
      setTimeout(() => response.destroy(), 20)
    }),
    /aborted|terminated|socket/i,
  )
})

test('a refusal before the first row is thrown with its code', async (t) => {
  await assert.rejects(
    streamed(t, (response) => {
      response.statusCode = 500
      response.setHeader('X-ClickHouse-Exception-Code', '60')
      response.end('Code: 60. DB::Exception: Table x.y does not exist. (UNKNOWN_TABLE)\n')
    }),
    /does not exist/,
  )
})
