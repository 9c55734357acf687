// What somebody who may ask the embedded ClickHouse cannot make it do, and what no web page can.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import {
  forbiddenTableFunctions,
  harmlessSettings,
  harmlessTableFunctions,
  harmlessTableSettings,
} from './reviewed.ts'

const CANARY = 'canary-of-a-file'
let server: Awaited<ReturnType<typeof startClickHouse>>
let folder: string
let visits = 0
const bait = createServer((_request, response) => {
  visits++
  response.end(`${CANARY}\n`)
})

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confined-test-'))
  await writeFile(join(folder, 'secret'), `${CANARY}\n`)
  await once(bait.listen(0, '127.0.0.1'), 'listening')
  server = await startClickHouse()
  assert.equal((await ask('CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a')).status, 200)
})
after(async () => {
  await server[Symbol.asyncDispose]()
  bait.close()
  await rm(folder, { recursive: true })
})

async function ask(sql: string, search = '', method = 'POST') {
  const inUrl = new URLSearchParams(search)
  if (method === 'GET') inUrl.set('query', sql)
  const response = await fetch(`${server.url}/?${inUrl.toString()}`, {
    method,
    headers: clickhouseHeaders(server.environment),
    ...(method === 'GET' ? {} : { body: sql }),
  })
  return { status: response.status, text: await response.text() }
}

/** SECRET is a file outside, OUT one that does not exist, BAIT a server. */
const attempts = [
  "SELECT * FROM file('SECRET', 'LineAsString')",
  "SELECT file('SECRET')",
  "INSERT INTO t VALUES (file('SECRET'))",
  "INSERT INTO t SELECT file('SECRET')",
  'INSERT INTO t VALUES ("fi\\x6ce"(\'SECRET\'))',
  "SELECT file('SECRET', 'otherwise')",
  "SELECT arrayMap(file, ['SECRET'])",
  "SELECT arrayMap ( `file` , ['SECRET'])",
  "SELECT * APPLY file FROM (SELECT 'SECRET')",
  "SELECT COLUMNS('.*') APPLY(file) FROM (SELECT 'SECRET')",
  "INSERT INTO t VALUES (arrayMap(file, ['SECRET'])[1])",
  "SELECT arrayMap(file, ['SECRET']) SETTINGS enable_analyzer = 0",
  "SELECT y FROM generateRandom(concat('x UInt8, y String ALIAS fi', 'le(''SECRET'')')) LIMIT 1",
  "SELECT * FROM null(concat('y String DEFAULT toUInt8(fi', 'le(''SECRET'')) + z'))",
  "SELECT * FROM values(concat('x UInt8, y String ALIAS fi', 'le(''SECRET'')'), 1) WHERE y != ''",
  "SELECT 1 FORMAT Protobuf SETTINGS output_format_schema = 'OUT'",
  "SELECT 1 AS a FORMAT CapnProto SETTINGS output_format_schema = 'OUT'",
  "SELECT * FROM format(CSV, 'a UInt8, b String', 'x') SETTINGS input_format_record_errors_file_path = 'OUT', input_format_allow_errors_num = 5",
  "INSERT INTO t SETTINGS rename_files_after_processing = 'OUT' FORMAT TSV\nx",
  "CREATE TABLE w (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk/* /* */ */(type = web, endpoint = 'BAIT/')",
  'DROP FUNCTION file',
  'CREATE OR REPLACE FUNCTION file AS x -> x',
  "SELECT * FROM filesystem('/etc')",
  "SELECT * FROM format(Values, 'a String', '(fi' || 'le(\\'SECRET\\'))')",
  "SELECT * FROM format(JSONEachRow, 'a String DEFAULT file(\\'SECRET\\')', '{}')",
  'SELECT * FROM `SECRET`',
  "DESCRIBE file('SECRET')",
  "INSERT INTO FUNCTION file('OUT', 'TSV', 'a String') SELECT 'x'",
  "SELECT 1 INTO\u00a0OUTFILE 'OUT'",
  "INSERT INTO t FROM\u00a0INFILE 'SECRET' FORMAT LineAsString",
  "CREATE TABLE f (a String) ENGINE = File(TSV, 'SECRET')",
  "CREATE TABLE r (a UInt8) ENGINE = EmbeddedRocksDB(0, 'OUT') PRIMARY KEY a",
  "ATTACH TABLE x FROM 'OUT' (a UInt8) ENGINE = MergeTree ORDER BY a",
  "CREATE DATABASE f ENGINE = Filesystem('/etc')",
  "SELECT * FROM sqlite('SECRET', 't')",
  "SELECT * FROM icebergLocal('/etc')",
  "SELECT 1 FORMAT Template SETTINGS format_template_row = 'SECRET'",
  "SELECT * FROM url('BAIT', 'LineAsString')",
  "SELECT * FROM s3('BAIT/bucket/key', 'LineAsString')",
  "SELECT * FROM remote('127.0.0.1:9', 'system.one')",
  "SELECT * FROM mysql('127.0.0.1:9', 'd', 't', 'u', 'p')",
  "SELECT * FROM postgresql('127.0.0.1:9', 'd', 't', 'u', 'p')",
  "SELECT * FROM mongodb('127.0.0.1:9', 'd', 't', 'u', 'p', 'a String')",
  "SELECT * FROM redis('127.0.0.1:9', 'k', 'k String')",
  "SELECT * FROM odbc('DSN=x', 'd', 't')",
  "SELECT * FROM hdfs('hdfs://127.0.0.1:9/x', 'TSV', 'a String')",
  "SELECT * FROM azureBlobStorage('BAIT', 'c', 'b', 'a', 'k')",
  "CREATE TABLE u (a String) ENGINE = URL('BAIT', 'LineAsString')",
  "CREATE TABLE k (a String) ENGINE = Kafka('127.0.0.1:9', 't', 'g', 'JSONEachRow')",
  "CREATE TABLE d (a UInt8) ENGINE = Distributed('default', 'system', 'one')",
  "CREATE DATABASE m ENGINE = MySQL('127.0.0.1:9', 'd', 'u', 'p')",
  "CREATE DATABASE w ENGINE = Atomic SETTINGS disk = disk(type = web, endpoint = 'BAIT/')",
  "CREATE TABLE w (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = 'BAIT/')",
  "CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k SOURCE(EXECUTABLE(command 'touch OUT' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
  "SELECT * FROM executable('id', 'TSV', 'a String')",
  "SELECT 1 SETTINGS additional_result_filter = 'fi\\x6ce(\\'SECRET\\') = \\'\\''",
  "SELECT * FROM format(AvroConfluent, 'a String', unhex('000000000100')) SETTINGS format_avro_schema_registry_url = 'BAIT'",
  "BACKUP TABLE t TO File('OUT')",
  'CREATE USER somebody',
  'CREATE FUNCTION f AS x -> x',
  'SYSTEM SHUTDOWN',
  "SET dialect = 'prql'",
]

for (const attempt of attempts) {
  test(`it does not: ${attempt}`, async () => {
    const out = join(folder, 'out')
    const { port } = bait.address() as AddressInfo // it listens on TCP
    const sql = attempt
      .replaceAll('SECRET', join(folder, 'secret'))
      .replaceAll("OUT'", `${out}'`)
      .replaceAll('OUT ', `${out} `)
      .replaceAll('BAIT', `http://127.0.0.1:${port}`)
    const answer = await ask(sql)
    assert.notEqual(answer.status, 200, answer.text)
    assert.doesNotMatch(answer.text, new RegExp(CANARY))
    assert.match(answer.text, /^Code: \d+\. DB::Exception: /)
    assert.equal((await ask('SELECT count() FROM t')).text, '0\n')
    assert.equal(existsSync(out), false)
    assert.equal(visits, 0)
  })
}

test('a parameter names no function and no structure that reads a file', async () => {
  const secret = join(folder, 'secret')
  for (const [sql, search] of [
    [`SELECT arrayMap({f:Identifier}, ['${secret}'])`, 'param_f=file'],
    [`SELECT arrayMap(({f:Identifier}) AS g, ['${secret}'])`, 'param_f=file'],
    [
      'SELECT y FROM generateRandom({s:String}) LIMIT 1',
      `param_s=x UInt8,y String ALIAS file('${secret}')`,
    ],
  ] as const) {
    for (const method of ['POST', 'GET']) {
      const { status, text } = await ask(sql, search, method)
      assert.match(text, /^Code: 395\..*the function file reaches beyond/, `${status}: ${text}`)
    }
  }
  assert.equal((await ask("SET param_f = 'file'", 'session_id=p')).status, 200)
  const inSession = await ask(`SELECT arrayMap({f:Identifier}, ['${secret}'])`, 'session_id=p')
  assert.match(inSession.text, /^Code: 395\./)
})

test('a column that stores or computes what a function reads gets nothing of a file', async () => {
  const path = `'${join(folder, 'secret')}'`
  for (const manner of ['DEFAULT', 'MATERIALIZED', 'ALIAS']) {
    const table = `CREATE TABLE col (a String, b String ${manner} arrayMap(file, [a])[1]) ENGINE = MergeTree ORDER BY a`
    const made = await ask(table)
    if (made.status !== 200) continue
    await ask(`INSERT INTO col (a) SELECT ${path}`)
    assert.doesNotMatch((await ask('SELECT a, b FROM col')).text, new RegExp(CANARY))
    await ask(
      'ALTER TABLE col UPDATE b = arrayMap(file, [a])[1] WHERE 1 SETTINGS mutations_sync = 1',
    )
    assert.doesNotMatch((await ask('SELECT a, b FROM col')).text, new RegExp(CANARY))
    assert.equal((await ask('DROP TABLE col')).status, 200)
  }
})

test('a setting that names a file is taken neither from the URL nor by SET nor by GET', async () => {
  const out = join(folder, 'out')
  for (const name of [
    'output_format_schema',
    'input_format_record_errors_file_path',
    'rename_files_after_processing',
    'format_template_row',
  ]) {
    for (const method of ['POST', 'GET']) {
      const answer = await ask('SELECT 1 AS a FORMAT Protobuf', `${name}=${out}`, method)
      assert.match(answer.text, /^Code: 452\./, answer.text)
    }
    assert.match((await ask(`SET ${name} = '${out}'`, 'session_id=s')).text, /^Code: 452\./)
    assert.equal(existsSync(out), false)
  }
})

/** Of settings that can name something: texts, and switches of what has to do with files and addresses. */
const NAMING = `type IN ('String', 'Map', 'URI', 'Timezone', 'Dialect') OR match(name,
  '(?i)(path|file|schema|url|uri|disk|dir|host|endpoint|registry)') AND NOT match(type, 'Int|[Ss]econds|Float|Double|Char|Threads')`

async function namesOf(table: string, condition = '1'): Promise<readonly string[]> {
  const { status, text } = await ask(`SELECT name FROM ${table} WHERE ${condition}`)
  assert.equal(status, 200, text)
  return text.trim().split('\n').toSorted()
}

test('every setting that could name a file or an address is fixed or was looked at', async () => {
  const open = await namesOf('system.settings', `NOT readonly AND (${NAMING})`)
  assert.deepEqual(open, harmlessSettings)
  const ofTables = `NOT readonly AND type IN ('String', 'Map', 'URI')`
  assert.deepEqual(await namesOf('system.merge_tree_settings', ofTables), harmlessTableSettings)
})

test('every table function was looked at, and those that reach out are refused', async () => {
  const known = [...harmlessTableFunctions, ...forbiddenTableFunctions].toSorted()
  assert.deepEqual(await namesOf('system.table_functions'), known)
  for (const name of forbiddenTableFunctions) {
    const { status, text } = await ask(`SELECT * FROM ${name}('${join(folder, 'secret')}')`)
    assert.notEqual(status, 200, name)
    assert.doesNotMatch(text, new RegExp(CANARY))
  }
})

async function upload(query: string, search: string, data: string) {
  const form = new FormData()
  form.set('x', new Blob([data]))
  const inUrl = new URLSearchParams(`${search}&x_format=Values&x_structure=a+String`)
  inUrl.set('query', query)
  const response = await fetch(`${server.url}/?${inUrl.toString()}`, {
    method: 'POST',
    headers: clickhouseHeaders(server.environment),
    body: form,
  })
  return { status: response.status, text: await response.text() }
}

test('values that were harmless allow no expression to those that follow in their session', async () => {
  const mine = 'session_id=x'
  const secret = `(file('${join(folder, 'secret')}'))`
  await ask('CREATE TABLE harmless (a String) ENGINE = Memory')
  assert.equal((await ask('SET max_block_size = 7', mine)).status, 200)
  const harmless = "INSERT INTO harmless VALUES (concat('a', 'b'))"
  const attacks: readonly (readonly [what: string, attack: () => ReturnType<typeof ask>])[] = [
    ['values', () => ask(`INSERT INTO t VALUES ${secret}`, mine)],
    ['long values', () => ask(`INSERT INTO t VALUES ${' '.repeat(2 ** 24)}${secret}`, mine)],
    ['external data', () => upload('SELECT * FROM x', mine, secret)],
  ]
  for (const [what, attack] of attacks) {
    assert.equal((await ask(harmless, mine)).status, 200)
    const { status, text } = await attack()
    assert.notEqual(status, 200, `${what}: ${text}`)
    assert.doesNotMatch(text, new RegExp(CANARY))
  }
  assert.equal((await ask('SELECT count() FROM t')).text, '0\n')
  assert.equal((await ask('SELECT DISTINCT a FROM harmless')).text, 'ab\n')
})

test('values that are harmless allow no expression to external data beside them', async () => {
  const secret = `(file('${join(folder, 'secret')}'))`
  const insert = 'INSERT INTO t VALUES ((SELECT a FROM x))'
  for (const search of ['', 'session_id=x']) {
    const { status, text } = await upload(insert, search, secret)
    assert.notEqual(status, 200, text)
    assert.match(text, /external data x/)
  }
  assert.equal((await ask('SELECT count() FROM t')).text, '0\n')
})

test('what it has no right to says how to allow it', async () => {
  for (const sql of ["SELECT * FROM url('http://127.0.0.1:9/')", "SELECT file('/etc/passwd')"]) {
    assert.match((await ask(sql)).text, /^Code: 497.*Not enough privileges.*--allow-sources/s)
  }
})

test('a setting that would undo it is refused in the URL, too', async () => {
  for (const search of [
    'input_format_values_interpret_expressions=1',
    'format_schema=/etc/passwd:X',
    'dialect=prql',
  ]) {
    assert.notEqual((await ask('SELECT 1', search)).status, 200, search)
  }
})

test('tables, views, mutations and expressions among values work as before', async () => {
  for (const sql of [
    'CREATE DATABASE own',
    "CREATE TABLE own.e (a String, at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY at SETTINGS index_granularity = 64",
    'CREATE TABLE own.copy AS own.e',
    'CREATE MATERIALIZED VIEW own.feed TO own.copy AS SELECT * FROM own.e',
    "INSERT INTO own.e (a, at) VALUES (concat('upper', 'case'), now64(3) - INTERVAL 1 DAY), ('my file', now())",
    "INSERT INTO own.e VALUES ('my file (2)', '2026-01-31 09:30:00')",
    'INSERT INTO own.e (a) SELECT toString(number) FROM numbers(3)',
    "ALTER TABLE own.e UPDATE a = 'x' WHERE a = '1' SETTINGS mutations_sync = 1",
    'OPTIMIZE TABLE own.e FINAL',
    'SYSTEM STOP MERGES own.e',
    'SYSTEM START MERGES own.e',
  ]) {
    const answer = await ask(sql)
    assert.equal(answer.status, 200, `${sql}: ${answer.text}`)
  }
  assert.equal((await ask('SELECT count() FROM own.copy')).text, '6\n')
  assert.equal((await ask('DROP DATABASE own')).status, 200)
})

test('GET changes nothing', async () => {
  for (const sql of [
    "INSERT INTO t VALUES ('x')",
    "INSERT INTO t SELECT 'x'",
    'CREATE TABLE g (a UInt8) ENGINE = Memory',
    'DROP TABLE t',
    'ALTER TABLE t DELETE WHERE 1',
    'TRUNCATE TABLE t',
  ]) {
    for (const search of ['', 'readonly=0']) {
      assert.match((await ask(sql, search, 'GET')).text, /^Code: 164\./, sql)
    }
  }
  assert.equal((await ask('SELECT count() FROM t', '', 'GET')).text, '0\n')
})

/** What a browser sends, which `fetch` does not let us choose. */
async function asPage(headers: Readonly<Record<string, string>>, path: string): Promise<number> {
  const asking = request(`${server.url}${path}`, {
    headers: { ...clickhouseHeaders(server.environment), ...headers },
  })
  asking.end()
  const [response] = await once(asking, 'response')
  response.resume()
  return response.statusCode
}

test('a web page gets no answer, even if it knew the password', async () => {
  const { host } = new URL(server.url)
  for (const path of ['/?query=SELECT+1', '/', '/ping']) {
    assert.equal(await asPage({ host }, path), 200)
    assert.equal(await asPage({ host: 'rebound.example' }, path), 403)
    assert.equal(await asPage({ host, origin: 'http://evil.example' }, path), 403)
    assert.equal(await asPage({ host, 'sec-fetch-site': 'cross-site' }, path), 403)
  }
})
