import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleNamed } from '@custom-events/clickhouse/access'
import {
  whyBeyond,
  whyNotInFormat,
  whyNotOfAccounts,
  whyNotOfReaders,
  whyNotOfRole,
} from './confined-roles.ts'
import { whyForNobody } from './for-nobody.ts'

for (const sql of [
  'SHOW GRANTS',
  'show grants for `account-other`',
  '/* a */ SHOW -- b\n GRANTS',
  'SHOW\u00a0ACCESS',
  'SHOW USERS',
  'SHOW CURRENT ROLES',
  'SHOW ENABLED ROLES',
  'SHOW CREATE USER setup',
  'SHOW CREATE ROLES',
  'SHOW CREATE SETTINGS PROFILE p',
  'SHOW SETTINGS PROFILES',
  'SHOW ROW POLICIES',
  'SHOW POLICIES ON events',
  'SHOW CURRENT QUOTA',
  'SELECT defaultRoles()',
  'SHOW//\nGRANTS FOR setup',
  "SELECT arrayJoin(enabledRoles ()), 'x'",
  String.raw`SELECT "default\x52oles"()`,
]) {
  test(`a login of one account is not told who else there is: ${JSON.stringify(sql)}`, () => {
    const text = Buffer.from(sql).toString('latin1') // as the front reads it
    assert.equal(whyNotOfAccounts(text)?.code, 497)
  })
}

for (const sql of [
  'EXPLAIN SELECT 1',
  '/* a */ explain -- b\n indexes = 1 SELECT 1 FROM events',
  'SELECT * FROM (EXPLAIN ESTIMATE SELECT * FROM events)',
  'SELECT 1 WHERE 1 IN (/* a */\nEXPLAIN PIPELINE SELECT 1)',
  'WITH e AS (-- a\n explain indexes = 1 SELECT 1 FROM events) SELECT * FROM e',
  '((EXPLAIN ESTIMATE SELECT 1))',
  '//\nEXPLAIN ESTIMATE SELECT 1',
  'EXPLAIN query = DEFAULT, indexes = 1 SELECT 1 FROM events',
  "SELECT * FROM viewExplain('EXPLAIN ESTIMATE', '', (SELECT 1))",
  String.raw`SELECT * FROM "viewExplai\x6e"('EXPLAIN', '', (SELECT 1))`,
]) {
  test(`a login of one account is not told how much is read: ${JSON.stringify(sql)}`, () => {
    assert.equal(whyNotOfAccounts(sql)?.code, 497)
  })
}

for (const sql of [
  'SELECT _part_starting_offset FROM events',
  'SELECT max(`_part_offset`) - min(events._part_offset) FROM rollup_daily AS events',
  'SELECT 1 FROM events WHERE _part = 1 AND _block_number > 0',
  String.raw`SELECT "\x5fpart_offset" FROM events`,
  String.raw`SELECT "\x6Zpart_offset" FROM events`,
  String.raw`SELECT "_par\Nt_offset" FROM events`,
  String.raw`SELECT * FROM "mergeTree\NIndex"(currentDatabase(), events)`,
  'SELECT * FROM events SETTINGS asterisk_include_virtual_columns = 1',
  "SET param_c = x'5f706172745f6f6666736574'",
  "SELECT 1 FROM events WHERE throwIf(_partition_id = '202501')",
  'SELECT 1 FROM events WHERE throwIf(_partition_value.1 = 202501)',
  'SELECT event, lowCardinalityIndices(event) FROM events',
  'SELECT dumpColumnStructure(source) FROM events',
]) {
  test(`a login of one account is not told where in a part a row lies: ${sql}`, () => {
    assert.equal(whyNotOfAccounts(sql)?.code, 497)
  })
}

for (const sql of [
  'EXPLAIN SYNTAX SELECT 1',
  'SELECT * FROM (EXPLAIN AST SELECT 1)',
  'EXPLAIN query /* a */ Tree SELECT 1',
  "SELECT count() AS explain FROM tracked WHERE event IN ('explain', 'please (do) explain')",
  'SHOW TABLES',
  "SHOW TABLES LIKE 'roles'",
  'SHOW CREATE TABLE events',
  'SHOW CREATE VIEW tracked',
  "SHOW SETTINGS LIKE 'max%'",
  'SHOW COLUMNS FROM events',
  "SELECT count() FROM tracked WHERE event = 'show grants'",
  'SELECT kafka_partition, currentRoles() FROM events',
]) {
  test(`it may ask: ${sql}`, () => {
    assert.equal(whyNotOfAccounts(sql), undefined)
  })
}

for (const sql of [
  'SELECT count() FROM system.query_log',
  'SELECT * FROM `system`./* a */"query_log"',
  'SELECT 1 WHERE 1 IN (SELECT 1 FROM system . view_refreshes)',
]) {
  test(`who only reads is refused instead of shown nothing: ${sql}`, () => {
    assert.equal(whyNotOfReaders(sql)?.code, 497)
  })
}

for (const sql of [
  "SELECT count() FROM tracked WHERE event = 'system.query_log'",
  'SELECT 1 -- not of system.query_log',
  'SELECT query_log FROM mine',
  'SELECT * FROM system.query_logs',
]) {
  test(`who only reads may ask: ${sql}`, () => {
    assert.equal(whyNotOfReaders(sql), undefined)
  })
}

const LIMITS = roleNamed('account').limits ?? []

for (const sql of [
  'SELECT 1 SETTINGS max_execution_time = 0',
  'SELECT 1 SETTINGS max_execution_time/* a */ = /**/ 0',
  'SELECT 1 SETTINGS max_execution_time -- a\n= 61',
  'SELECT 1 SETTINGS max_execution_time\u00a0= 0',
  'SELECT 1 SETTINGS "max_execution_time"== 0',
  'SELECT 1 SETTINGS "max_execution_tim\\x65"/**/= 0',
  'SELECT 1 SETTINGS max_memory_usage = DEFAULT',
  'SET apply_row_policy_after_final',
  'SELECT 1 SETTINGS max_threads = 1, use_skip_indexes, max_block_size = 1',
  'SELECT * FROM (SELECT 1 SETTINGS use_query_condition_cache)',
  "SELECT 1 SETTINGS profile/**/= 'x'",
]) {
  test(`a limit is no more than it is, however that is written: ${JSON.stringify(sql)}`, () => {
    const text = Buffer.from(sql).toString('latin1')
    assert.equal(whyBeyond(LIMITS, text, [])?.code, 452)
  })
}

for (const sql of [
  'SELECT 1 SETTINGS max_execution_time /* s */ = 5, enable_analyzer',
  "SELECT getSetting('max_execution_time'), value FROM system.settings WHERE name LIKE '%max_memory_usage%'",
  "SELECT readonly, profile FROM mine WHERE event = 'profile is readonly'",
]) {
  test(`less than a limit, and its name as a text, may be said: ${sql}`, () => {
    assert.equal(whyBeyond(LIMITS, sql, []), undefined)
  })
}

test('nor by a parameter that names a column', () => {
  const sql = 'SELECT {column:Identifier} FROM events'
  assert.equal(whyNotOfAccounts(sql, [['param_column', '_part_offset']])?.code, 497)
  assert.equal(whyNotOfAccounts(sql, [['param_column', 'explain']]), undefined)
})

test('nobody has SQL run that is put together', () => {
  const setting = 'allow_experimental_eval_table_function'
  const sql = `SELECT * FROM eval(concat('SELECT de', 'faultRoles()')) SETTINGS`
  for (const text of [
    `${sql} ${setting} = 1`,
    `${sql}/**/${setting}`,
    String.raw`SET "allow_experimental_e\x76al_table_function" = true`,
  ]) {
    assert.equal(whyForNobody(text, [])?.code, 452, text)
  }
  assert.equal(whyForNobody('SELECT 1', [[setting, '1']])?.code, 452)
  assert.equal(whyForNobody(`SELECT getSetting('${setting}'), 'eval(x)'`, []), undefined)
})

test('nobody writes quotes that only the engine knows: what stands behind them would be cut in two ways', () => {
  for (const sql of [
    "SELECT ‘'’; SET ROLE full --'",
    'SELECT “a"”; EXPLAIN ESTIMATE SELECT 1 --"',
    'SELECT a‘',
  ]) {
    assert.equal(whyForNobody(Buffer.from(sql).toString('latin1'))?.code, 62, sql)
  }
  for (const sql of [
    "SELECT '‘quoted’'",
    'SELECT "“"',
    'SELECT 1 -- ‘',
    'SELECT 1 // “',
    'SELECT größe, 日本',
  ]) {
    assert.equal(whyForNobody(Buffer.from(sql).toString('latin1')), undefined, sql)
  }
})

test('a login of one account is not answered with progress', () => {
  for (const format of [
    'JSONEachRowWithProgress',
    'jsoncompacteachrowwithprogress',
    String.raw`"JSONEachRowWith\NProgress"`,
  ]) {
    assert.equal(whyNotInFormat(format)?.code, 497, format)
  }
  assert.equal(whyNotInFormat('JSONEachRow'), undefined)
})

test('a comment of two slashes stands between two words as any other', () => {
  for (const sql of ['SET//\nROLE full', 'SET // a\n // b\n ROLE full'])
    assert.equal(whyNotOfRole(sql)?.code, 497, sql)
  const limit = { setting: 'max_execution_time', value: 60, change: 'most', why: '' } as const
  assert.equal(whyBeyond([limit], 'SET max_execution_time//\n = 0', [])?.code, 452)
  assert.equal(
    whyBeyond([limit], String.raw`SELECT 1 SETTINGS "max_execution_tim\Ne" = 0`, [])?.code,
    452,
  )
})
