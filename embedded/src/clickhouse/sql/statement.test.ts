import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatement } from './statement.ts'
import type { Statement } from './statement-kind.ts'

const inserts: readonly (readonly [
  sql: string,
  target: string,
  settings: string,
  format: string,
  data: string,
])[] = [
  ['INSERT INTO t VALUES (1)', 'INSERT INTO t ', '', 'Values', ' (1)'],
  ['insert into t values(1)\n\n,(2)', 'insert into t ', '', 'Values', '(1)\n\n,(2)'],
  ['INSERT INTO t (a, b) FORMAT TSV\n1\t2\n', 'INSERT INTO t (a, b) ', '', 'TSV', '1\t2\n'],
  ['INSERT INTO t FORMAT TSV\r\n1', 'INSERT INTO t ', '', 'TSV', '1'],
  ['INSERT INTO t FORMAT TSV\n\n1', 'INSERT INTO t ', '', 'TSV', '\n1'],
  ['INSERT INTO t FORMAT CSV', 'INSERT INTO t ', '', 'CSV', ''],
  ['INSERT INTO t FORMAT JSONEachRow {"a":1}', 'INSERT INTO t ', '', 'JSONEachRow', '{"a":1}'],
  ['INSERT INTO t FORMAT RowBinary\n;--', 'INSERT INTO t ', '', 'RowBinary', ';--'],
  ['INSERT INTO t SETTINGS a = 1 FORMAT TSV\nx', 'INSERT INTO t ', 'SETTINGS a = 1 ', 'TSV', 'x'],
  [
    "INSERT INTO t FORMAT TSV SETTINGS a='b', c=2\nx",
    'INSERT INTO t ',
    " SETTINGS a='b', c=2",
    'TSV',
    'x',
  ],
  ['INSERT INTO t FORMAT TSV\nSETTINGS', 'INSERT INTO t ', '', 'TSV', 'SETTINGS'],
  ['INSERT INTO values VALUES (1)', 'INSERT INTO values ', '', 'Values', ' (1)'],
  [
    'INSERT INTO `FORMAT`.format (values) FORMAT TSV\n1',
    'INSERT INTO `FORMAT`.format (values) ',
    '',
    'TSV',
    '1',
  ],
  [
    "/* FORMAT x */ INSERT INTO FUNCTION file('FORMAT a') -- VALUES\n VALUES (1)",
    "INSERT INTO FUNCTION file('FORMAT a') -- VALUES\n ",
    '',
    'Values',
    ' (1)',
  ],
]

test('the data of an INSERT begins behind VALUES or behind FORMAT and one line end', () => {
  for (const [sql, target, settings, format, data] of inserts) {
    const statement = readStatement(sql)
    assert.equal(statement.kind, 'insert', sql)
    if (statement.kind !== 'insert') return
    const found = { ...statement, data: sql.slice(statement.dataStart) }
    assert.deepEqual(
      found,
      { kind: 'insert', target, settings, format, dataStart: statement.dataStart, data },
      sql,
    )
  }
})

test('offsets count bytes, whatever the data holds', () => {
  const head = Buffer.from('INSERT INTO `é` FORMAT RowBinary\n')
  const sql = Buffer.concat([head, Buffer.from([0xff, 0x27, 0x0a, 0x0a])]).toString('latin1')
  const statement = readStatement(sql)
  assert.equal(statement.kind, 'insert')
  assert.equal(statement.kind === 'insert' && statement.dataStart, head.length)
  assert.equal(statement.kind === 'insert' && statement.target, 'INSERT INTO `é` ')
})

const kinds: readonly (readonly [sql: string, kind: Statement['kind']])[] = [
  ['SELECT 1', 'select'],
  ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
  ['WITH 1 AS a SELECT a', 'select'],
  ['FROM t SELECT a', 'select'],
  ["SELECT ';' -- ; x", 'select'],
  ['SELECT 1;;', 'select'],
  ['WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x', 'insert select'],
  ['INSERT INTO t SELECT 1', 'insert select'],
  ['INSERT INTO t (a) (SELECT 1)', 'insert select'],
  ['INSERT INTO t (a) WITH 1 AS x SELECT x;', 'insert select'],
  ['SHOW TABLES', 'command'],
  ['CREATE TABLE t (a UInt8) ENGINE = Memory', 'command'],
  ['', 'refused'],
  ['-- nothing', 'refused'],
  [';', 'command'],
  ['SELECT 1; SELECT 2', 'refused'],
  ['INSERT INTO t SELECT 1; DROP TABLE t', 'refused'],
  ["SELECT 1 INTO OUTFILE '/etc/x'", 'refused'],
  ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV", 'refused'],
  ["INSERT INTO t SELECT * FROM input('a UInt8') FORMAT TSV\n1", 'refused'],
  ['INSERT INTO t FORMAT TSV;\n1', 'refused'],
  ['INSERT INTO t (a)', 'refused'],
  ["KILL QUERY WHERE query_id = 'x'", 'refused'],
  ['KILL MUTATION WHERE 1', 'command'],
  // Blanks of Unicode, as the engine has them, as one character per byte and as text.
  ['\u00c2\u00a0SELECT\u00e3\u0080\u00801', 'select'],
  ['\u2003SELECT 1', 'select'],
  ['KILL\u00c2\u00a0QUERY WHERE 1', 'refused'],
  ["SELECT 1 INTO\u00c2\u00a0OUTFILE '/etc/x'", 'refused'],
  // What a number is, and where a comment or a text begins behind it.
  ["SELECT 1 AS 1_e--'\n; SHOW GRANTS --'", 'refused'],
  ["SELECT 1 AS 0xp--'\n; SHOW GRANTS --'", 'refused'],
  ["SELECT t.1e--'\n; SHOW GRANTS --'", 'refused'],
  ["SELECT 0b1e--'\n'; SHOW GRANTS --'", 'refused'],
  ["SELECT 1.5e-2--'\n; SHOW GRANTS --'", 'refused'],
  ["SELECT $1e--'\n; SHOW GRANTS --'", 'refused'],
  ["SELECT 1e--';'", 'select'],
  ["SELECT (1, .5e--';')", 'select'],
]

test('a statement is of the kind that tells how its answer travels', () => {
  for (const [sql, kind] of kinds) assert.equal(readStatement(sql).kind, kind, sql)
})

const formats: readonly (readonly [
  sql: string,
  text: string,
  format: string | undefined,
  settings: string,
])[] = [
  ['SELECT 1 FORMAT JSON', 'SELECT 1 ', 'JSON', ''],
  ['select 1 format JSON settings a=1;', 'select 1 ', 'JSON', ' settings a=1'],
  ['SELECT 1 SETTINGS a=1 FORMAT JSON -- x', 'SELECT 1 SETTINGS a=1 ', 'JSON', ''],
  ['SELECT format FROM t', 'SELECT format FROM t', undefined, ''],
  ["SELECT 'FORMAT JSON'", "SELECT 'FORMAT JSON'", undefined, ''],
  ['SELECT format(a, b) FROM t -- FORMAT X', 'SELECT format(a, b) FROM t', undefined, ''],
]

test('the FORMAT clause is the one at the end', () => {
  for (const [sql, text, format, settings] of formats) {
    assert.deepEqual(readStatement(sql), { kind: 'select', text, format, settings }, sql)
  }
})
