import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHarmlessData, whyNotConfined } from './confined.ts'

/** As the front reads it: one character per byte. */
const bytes = (sql: string): string => Buffer.from(sql).toString('latin1')
const judge = (sql: string, isCommand = false) => whyNotConfined(bytes(sql), { isCommand })

for (const sql of [
  "SELECT file('/etc/passwd')",
  "SELECT file ('/etc/passwd')",
  "SELECT file/* ( */('/etc/passwd')",
  "SELECT file/* /* */ */('/etc/passwd')",
  "SELECT '/*', file /* a */ -- b\n # c\n (1)",
  "SELECT file -- (\n ('/etc/passwd')",
  "SELECT file\u00a0('/etc/passwd')",
  'SELECT "file"(\'/etc/passwd\')',
  "SELECT `file` ('/etc/passwd')",
  "SELECT “file”('/etc/passwd')",
  "SELECT `fi\\x6ce`('/etc/passwd')",
  "SELECT “fi\\x6ce”('/etc/passwd')",
  "SELECT `\\x66\\x69le`('/etc/passwd')",
  "SELECT `\\x66ile`/* \\x2a/ */('/etc/passwd')",
  "SELECT 1 SETTINGS additional_result_filter = 'fi\\\\x6ce(1)'",
  "SELECT ‘'’, file('/etc/passwd'), ‘'’",
  "CREATE VIEW v AS SELECT file('/etc/passwd')",
  "SELECT * FROM format(JSONEachRow, 'a String DEFAULT ' || 'fi' || 'le(\\'/etc/passwd\\')', '{}')",
  "SELECT * FROM format('JSONEachRow', 'a String', '{}')",
  "SELECT * FROM format('{' = '{' ? 'JSONEachRow' : 'x', 'a String', '{}')",
  "INSERT INTO FUNCTION null('a String') SELECT 1",
  "INSERT INTO/**/TABLE FUNCTION null('a String') SELECT 1",
  "SELECT 1 INTO\u00a0OUTFILE '/tmp/x'",
  "INSERT INTO t FROM\u00a0INFILE '/etc/passwd' FORMAT TSV",
  "SELECT '', 1 INTO OUTFILE '/tmp/x'",
  "SELECT '\\', ' INTO OUTFILE '/tmp/x' --'",
  "SELECT \"'\" INTO OUTFILE '/tmp/x'",
  "SELECT 1 /* ' */ INTO OUTFILE /* ' */ '/tmp/x'",
  "SELECT 1 -- '\n INTO OUTFILE '/tmp/x' -- '",
  "SELECT 1 # '\n INTO OUTFILE '/tmp/x' # '",
  "SELECT 1 #! '\n INTO OUTFILE '/tmp/x' #! '",
  "SELECT 1 // '\n INTO OUTFILE '/tmp/x' // '",
  "SELECT $$'$$ INTO OUTFILE '/tmp/x' SETTINGS a = $$'$$",
  "SELECT ‘'’ INTO OUTFILE '/tmp/x' SETTINGS a = ‘'’",
  "SELECT 1 \u2212\u2212 '\n INTO OUTFILE '/tmp/x' \u2212\u2212 '",
  "SELECT '\u0000 INTO OUTFILE'",
  "SELECT 'INTO OUTFILE",
  'INSERT INTO t SETTINGS input_format_values_interpret_expressions = 1 VALUES ',
]) {
  test(`it refuses ${sql}`, () => {
    assert.match(String(judge(sql)), /Code: 497.*--allow-sources/)
  })
}

for (const sql of [
  "ATTACH TABLE t FROM '/home/x' (a UInt8) ENGINE = MergeTree ORDER BY a",
  "\u00a0ATTACH TABLE t FROM '/home/x' (a UInt8) ENGINE = MergeTree ORDER BY a",
  "CREATE DATABASE d ENGINE = Atomic SETTINGS disk = disk(type = web, endpoint = 'http://x/')",
  "CREATE TABLE t (a UInt8) ENGINE = EmbeddedRocksDB(0, '/home/x') PRIMARY KEY a",
]) {
  test(`it refuses the command ${sql}`, () => {
    assert.equal(judge(sql, true)?.code, 497)
  })
}

for (const sql of [
  'SELECT properties.file.name, properties.file FROM tracked',
  "SELECT event FROM tracked WHERE event IN ('file_uploaded', 'upload file')",
  "SELECT format('{}: {}', event, group_id) FROM tracked FORMAT JSONEachRow",
  'SELECT formatDateTime(timestamp, \'%F\') AS day, profile(1), "a (b)" FROM t',
  "SELECT unhex('00'), '\\x41', event FROM t",
  "SELECT replaceRegexpOne(s, '.*TO\\\\s+`\\x3F([^`]+)`\\x3F.*', '\\\\1') FROM t", // dbt asks so
  "SELECT 'attach', name FROM system.disks",
  'INSERT INTO events (group_id, properties) VALUES ',
  'INSERT INTO t FORMAT JSONEachRow\n',
  "SELECT JSONExtractString(properties, 'file', 'size') FROM t",
  "SELECT count() FROM tracked WHERE event = 'SELECT 1 INTO OUTFILE'",
  "SELECT JSONExtractRaw(properties, 'it\\'s an infile'), 'ü outfile''s' AS \"infile\", t.`outfile` FROM t",
]) {
  test(`it allows ${sql}`, () => {
    assert.equal(judge(sql), undefined)
  })
}

test('partitions may be attached from another table', () => {
  assert.equal(judge('ALTER TABLE t ATTACH PARTITION 202601 FROM other', true), undefined)
})

test('values that could hold a call of file are taken as literals', () => {
  for (const data of ["(file('/x'))", '("fi\\x6ce"(1))']) assert.equal(isHarmlessData(data), false)
  assert.equal(isHarmlessData("(now(), 'a', [1])"), true)
})
