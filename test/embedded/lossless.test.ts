// Whatever bytes an insert carries, in whatever format and however it is sent, the table holds
// them afterwards. The engine by itself would cut data in the SQL text at a blank line.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import fc from 'fast-check'

let server: Awaited<ReturnType<typeof startClickHouse>>

before(async () => {
  server = await startClickHouse()
  for (const table of ['sent', 'copied']) {
    const columns = 'id UInt32, text String, maybe Nullable(String), list Array(String)'
    await ask(`CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY id`)
  }
})

after(() => server[Symbol.asyncDispose]())

/** Bytes, each written as one character (latin1). */
interface Row {
  readonly text: string
  readonly maybe: string | null
  readonly list: readonly string[]
}

/** In binary this is a line end: the data must not be mistaken for the blanks before it. */
const FIRST_ID = 10

type Encode = (rows: readonly Row[]) => Buffer
type SendAs = 'query in the URL' | 'query in the body' | 'chunks'

const awkward = [
  '',
  '\n\n',
  '\r\n',
  '\n',
  "'",
  '"',
  '`',
  '\\',
  '\\N',
  '\0',
  '\t',
  ';',
  '--',
  '/*',
  ',',
  'NULL',
  'FORMAT TSV\n',
  ' ',
]
const bytes = fc.oneof(
  fc.constantFrom(...awkward),
  fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array).toString('latin1')),
  fc.array(fc.constantFrom(...awkward), { maxLength: 6 }).map((parts) => parts.join('')),
)
const unicode = fc
  .oneof(
    fc.constantFrom(...awkward),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
  )
  .map((text) => Buffer.from(text).toString('latin1'))
const rowsOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Row[]> =>
  fc.array(fc.record({ text, maybe: fc.option(text), list: fc.array(text, { maxLength: 3 }) }), {
    maxLength: 12,
  })
const sendAs = fc.constantFrom<SendAs>('query in the URL', 'query in the body', 'chunks')

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`
const quotedList = (list: readonly string[]): string => `[${list.map(quoted).join(',')}]`
const tsvEscaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
const csvQuoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
const fromUtf8 = (text: string): string => latin1(text).toString('utf8')

const encoders: Readonly<Record<string, Encode>> = {
  TSV: (rows) =>
    lines(rows, ({ text, maybe, list }, id) =>
      [
        String(id),
        tsvEscaped(text),
        maybe === null ? '\\N' : tsvEscaped(maybe),
        quotedList(list).replaceAll('\t', '\\t').replaceAll('\n', '\\n'),
      ].join('\t'),
    ),
  CSV: (rows) =>
    lines(rows, ({ text, maybe, list }, id) =>
      [
        String(id),
        csvQuoted(text),
        maybe === null ? '\\N' : csvQuoted(maybe),
        csvQuoted(quotedList(list)),
      ].join(','),
    ),
  Values: (rows) =>
    latin1(
      rows
        .map(
          ({ text, maybe, list }, id) =>
            `(${FIRST_ID + id},${quoted(text)},${maybe === null ? 'NULL' : quoted(maybe)},${quotedList(list)})`,
        )
        .join('\n\n,'),
    ),
  RowBinary: (rows) => Buffer.concat(rows.map(rowBinary)),
}

const encodeJson: Encode = (rows) =>
  Buffer.from(
    rows
      .map(({ text, maybe, list }, id) =>
        JSON.stringify({
          id: FIRST_ID + id,
          text: fromUtf8(text),
          maybe: maybe === null ? null : fromUtf8(maybe),
          list: list.map(fromUtf8),
        }),
      )
      .join('\n\n'),
  )

function lines(rows: readonly Row[], line: (row: Row, id: number) => string): Buffer {
  return latin1(rows.map((row, id) => `${line(row, FIRST_ID + id)}\n`).join(''))
}

function rowBinary({ text, maybe, list }: Row, id: number): Buffer {
  const string = (value: string): Buffer => Buffer.concat([varUint(value.length), latin1(value)])
  const number = Buffer.alloc(4)
  number.writeUInt32LE(FIRST_ID + id)
  const optional = maybe === null ? [Buffer.of(1)] : [Buffer.of(0), string(maybe)]
  return Buffer.concat([
    number,
    string(text),
    ...optional,
    varUint(list.length),
    ...list.map(string),
  ])
}

function varUint(value: number): Buffer {
  const low = value & 0x7f
  return value < 0x80
    ? Buffer.of(low)
    : Buffer.concat([Buffer.of(low | 0x80), varUint(value >>> 7)])
}

async function ask(query: string | Buffer, search = ''): Promise<Buffer> {
  const body = typeof query === 'string' ? query : new Uint8Array(query)
  const response = await fetch(`${server.url}/${search}`, {
    method: 'POST',
    headers: clickhouseHeaders(server.environment),
    body,
  })
  const answer = Buffer.from(await response.arrayBuffer())
  assert.equal(response.status, 200, answer.toString())
  return answer
}

async function insert(table: string, format: string, data: Buffer, as: SendAs): Promise<void> {
  const sql =
    format === 'Values' ? `INSERT INTO ${table} VALUES` : `INSERT INTO ${table} FORMAT ${format}`
  if (as === 'query in the body') {
    await ask(Buffer.concat([Buffer.from(`${sql}\n`), data]))
    return
  }
  const search = `?query=${encodeURIComponent(sql)}`
  if (as === 'query in the URL') {
    await ask(data, search)
    return
  }
  const middle = data.length >> 1
  const body = (async function* () {
    await Promise.resolve()
    yield new Uint8Array(data.subarray(0, middle))
    yield new Uint8Array(data.subarray(middle))
  })()
  const headers = clickhouseHeaders(server.environment)
  const init = { method: 'POST', headers, body, duplex: 'half' } as const
  const response = await fetch(`${server.url}/${search}`, init)
  assert.equal(response.status, 200, await response.text())
}

async function contentOf(table: string): Promise<string> {
  const maybe = "if(maybe IS NULL, 'NULL', concat('=', hex(assumeNotNull(maybe))))"
  const list = "arrayStringConcat(arrayMap(x -> concat('=', hex(x)), list), ',')"
  const sql = `SELECT id, hex(text), ${maybe}, ${list} FROM ${table} ORDER BY id FORMAT TSV`
  return (await ask(sql)).toString()
}

function expected(rows: readonly Row[]): string {
  const hex = (text: string): string => latin1(text).toString('hex').toUpperCase()
  return rows
    .map(({ text, maybe, list }, id) => {
      const listText = list.map((item) => `=${hex(item)}`).join(',')
      return `${FIRST_ID + id}\t${hex(text)}\t${maybe === null ? 'NULL' : `=${hex(maybe)}`}\t${listText}\n`
    })
    .join('')
}

async function assertLossless(
  format: string,
  encode: Encode,
  rows: readonly Row[],
  as: SendAs,
): Promise<void> {
  await ask('TRUNCATE TABLE sent')
  await insert('sent', format, encode(rows), as)
  assert.equal(await contentOf('sent'), expected(rows))
}

for (const [format, encode] of Object.entries(encoders)) {
  test(`${format} arrives byte for byte`, async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(bytes), sendAs, (rows, as) =>
        assertLossless(format, encode, rows, as),
      ),
      { numRuns: 20 },
    )
  })
}

test('JSONEachRow arrives character for character', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf(unicode), sendAs, (rows, as) =>
      assertLossless('JSONEachRow', encodeJson, rows, as),
    ),
    { numRuns: 20 },
  )
})

for (const format of [
  'Native',
  'RowBinaryWithNamesAndTypes',
  'Parquet',
  'ArrowStream',
  'JSONCompactEachRow',
]) {
  test(`what is read as ${format} can be inserted as such, unchanged`, async () => {
    const text = format === 'JSONCompactEachRow' ? unicode : bytes
    await fc.assert(
      fc.asyncProperty(rowsOf(text), sendAs, async (rows, as) => {
        fc.pre(rows.length > 0) // most of these formats have no empty document
        await ask('TRUNCATE TABLE sent')
        await ask('TRUNCATE TABLE copied')
        await insert('sent', 'RowBinary', Buffer.concat(rows.map(rowBinary)), 'query in the URL')
        const copy = await ask(`SELECT * FROM sent ORDER BY id FORMAT ${format}`)
        await insert('copied', format, copy, as)
        assert.equal(await contentOf('copied'), expected(rows))
      }),
      { numRuns: 8 },
    )
  })
}
