// How clients of ClickHouse put bodies and results on the wire, beside plain text.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  brotliCompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import { deflateBlock, inflateBlocks } from '../../embedded/src/clickhouse/compression/blocks.ts'

let server: Awaited<ReturnType<typeof startClickHouse>>
before(async () => {
  server = await startClickHouse()
  await ask('CREATE TABLE t (id UInt32) ENGINE = MergeTree ORDER BY id')
})
after(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

async function ask(
  body: string | Buffer | FormData,
  parameters: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const sent = body instanceof Buffer ? new Uint8Array(body) : body
  const answer = await fetch(`${server.url}/?${new URLSearchParams(parameters).toString()}`, {
    method: 'POST',
    body: sent,
    headers: { ...clickhouseHeaders(server.environment), ...headers },
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  return { status: answer.status, headers: answer.headers, bytes }
}

const text = async (...args: Parameters<typeof ask>): Promise<string> =>
  (await ask(...args)).bytes.toString()
const code = async (...args: Parameters<typeof ask>): Promise<string | null> =>
  (await ask(...args)).headers.get('x-clickhouse-exception-code')
const inflate = (bytes: Buffer): Promise<Buffer> => buffer(inflateBlocks(Readable.from([bytes])))

test("a result comes in ClickHouse's own blocks, and so does an error", async () => {
  const blocks = { compress: '1' }
  const many = await ask('SELECT number FROM numbers(200000)', blocks)
  assert.equal(many.headers.get('content-encoding'), null)
  assert.ok(many.bytes.length < 1_000_000)
  const lines = (await inflate(many.bytes)).toString().trimEnd().split('\n')
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200_000, '0', '199999'])
  assert.equal((await ask('SELECT 1 WHERE 0', blocks)).bytes.length, 0)
  const failed = await ask('SELECT nope', blocks)
  assert.equal(failed.status, 404)
  assert.match((await inflate(failed.bytes)).toString(), /^Code: 47\. DB::Exception/)
  const both = await ask('SELECT 1', { ...blocks, enable_http_compression: '1' })
  assert.equal((await inflate(both.bytes)).toString(), '1\n')
})

test('a body in blocks is inserted; one whose checksum is wrong inserts nothing', async () => {
  const insert = { query: 'INSERT INTO t FORMAT TSV', decompress: '1' }
  const body = deflateBlock(Buffer.from('101\n'.repeat(1_000)))
  assert.equal(await code(body, insert), null)
  const wrong = Buffer.from(body)
  wrong[40] = (wrong[40] ?? 0) ^ 1
  assert.equal(await code(Buffer.concat([body, wrong]), insert), '40')
  assert.equal(await code(body.subarray(0, -1), insert), '33')
  assert.equal(await code(Buffer.from('101\n'.repeat(20)), insert), '131')
  assert.equal(await text('SELECT count() FROM t WHERE id = 101'), '1000\n')
  assert.equal(await text(deflateBlock(Buffer.from('SELECT 5')), { decompress: '1' }), '5\n')
})

const encodings: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['lz4', (bytes) => compressFrameSync(bytes)],
  ['zstd', zstdCompressSync],
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
]
for (const [name, compress] of encodings) {
  test(`a body may be compressed by ${name}: with its query, or as data alone`, async () => {
    await ask('TRUNCATE TABLE t')
    const encoded = { 'content-encoding': name }
    const data = '7\n'.repeat(100_000)
    const whole = compress(Buffer.from(`INSERT INTO t FORMAT TSV\n${data}`))
    assert.equal(await code(whole, {}, encoded), null)
    assert.equal(
      await code(compress(Buffer.from(data)), { query: 'INSERT INTO t FORMAT TSV' }, encoded),
      null,
    )
    const cut = compress(Buffer.from(`INSERT INTO t FORMAT TSV\n${data}`)).subarray(0, -12)
    assert.notEqual(await code(cut, {}, encoded), null)
    assert.equal(await text('SELECT count() FROM t'), '200000\n')
  })
}

test('a result is compressed as the client takes it, and so is an error', async () => {
  const decoders = { zstd: zstdDecompressSync, gzip: gunzipSync }
  for (const [accepted, expected] of [
    ['lz4,zstd,gzip,deflate', 'zstd'],
    ['gzip, deflate', 'gzip'],
  ] as const) {
    const headers = { 'accept-encoding': accepted }
    for (const [sql, answer] of [
      ['SELECT 42', /^42\n$/],
      ['SELECT nope', /^Code: 47/],
    ] as const) {
      const { headers: got, bytes } = await raw(sql, headers)
      assert.equal(got['content-encoding'], expected)
      assert.match(decoders[expected](bytes).toString(), answer)
    }
  }
})

/** Without what fetch does about compression. */
async function raw(
  sql: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly headers: IncomingHttpHeaders; readonly bytes: Buffer }> {
  const asked = request(`${server.url}/?enable_http_compression=1`, {
    method: 'POST',
    headers: { ...clickhouseHeaders(server.environment), ...headers },
  })
  asked.end(sql)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage] // as node:http emits it
  return { headers: answer.headers, bytes: await buffer(answer) }
}

test('the database comes from a header, too, and the URL is stronger', async () => {
  const header = { 'x-clickhouse-database': 'system' }
  assert.equal(await text('SELECT currentDatabase()', {}, header), 'system\n')
  assert.equal(await text('SELECT currentDatabase()', { database: 'default' }, header), 'default\n')
  assert.equal(await code('SELECT 1', {}, { 'x-clickhouse-database': 'nope' }), '81')
})

test('the summary tells what is known, and nothing else', async () => {
  const summary = async (sql: string): Promise<unknown> =>
    JSON.parse(String((await ask(sql)).headers.get('x-clickhouse-summary')))
  const { elapsed_ns: elapsed, ...selected } = (await summary(
    'SELECT number FROM numbers(1000) LIMIT 7',
  )) as Record<string, string>
  assert.ok(Number(elapsed) > 0)
  assert.deepEqual(selected, {
    written_rows: '0',
    written_bytes: '0',
    result_rows: '7',
    result_bytes: '56',
  })
  const inserted = { read_rows: '3', written_rows: '3', result_rows: '3' }
  assert.partialDeepStrictEqual(await summary('INSERT INTO t VALUES (1), (2), (3)'), inserted)
})

function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(fields)) made.set(name, value)
  return made
}

test('external data are tables for the time of one query', async () => {
  const words = new Blob(['1,one\n2,two\n'])
  const query = 'SELECT word FROM words WHERE id = 2'
  const structure = { words_format: 'CSV', words_structure: 'id UInt8, word String' }
  assert.equal(await text(form({ query, words }), structure), 'two\n')
  assert.equal(await code(form({ query, words: new Blob(['x,one\n']) }), structure), '27')
  const types = { words_types: 'UInt8,Tuple(a String, b UInt8)', query: 'SELECT _2.b FROM words' }
  assert.equal(await text(form({ words: new Blob(["1\t('x',9)\n"]) }), types), '9\n')
  const session = { ...structure, session_id: 'external' }
  await ask('SET max_block_size = 77', { session_id: 'external' })
  for (let again = 0; again < 2; again++) {
    assert.equal(await text(form({ query, words }), session), 'two\n')
  }
  assert.equal(await code(query, { session_id: 'external' }), '60')
})

test('external data without a structure, or with one that does more, are refused', async () => {
  const words = new Blob(['1\n'])
  const ofStructure = (words_structure: string): Promise<string | null> =>
    code(form({ words, query: 'SELECT * FROM words' }), { words_structure })
  assert.equal(await code(form({ words, query: 'SELECT 1' })), '36')
  assert.equal(await ofStructure("id String DEFAULT file('/etc/passwd')"), '497')
  assert.equal(await ofStructure('id String DEFAULT "fi\\x6ce"(\'/etc/passwd\')'), '497')
  assert.equal(await ofStructure('id UInt8) ENGINE = Memory; DROP TABLE t; --'), '62')
  assert.equal(await code('SELECT count() FROM t'), null)
})
