import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { roleNamed, ROLES } from './roles.ts'
import { rolesSql } from './roles-sql.ts'
import { usersXml } from './users-xml.ts'

const SCHEMAS = new URL('../../../../schemas/clickhouse/', import.meta.url)

/** Tables and views that the schemas make, and the one of migrations itself. */
function made(): ReadonlySet<string> {
  const folders = ['', 'repeatable/']
  const texts = folders.flatMap((folder) =>
    readdirSync(new URL(folder, SCHEMAS))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => readFileSync(new URL(`${folder}${name}`, SCHEMAS), 'utf8')),
  )
  const create =
    /CREATE (?:OR REPLACE )?(?:MATERIALIZED )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(?!IF\b)(\w+)/g
  const names = texts.flatMap((text) => [...text.matchAll(create)].map(([, name = '']) => name))
  return new Set([...names, 'migrations'])
}

test('every table that a role names is one that there is', () => {
  const names = made()
  const named = ROLES.flatMap(({ grants }) => grants.flatMap(({ on }) => on))
  const ours = named.filter((on) => !on.includes('.') && !on.includes('*'))
  assert.ok(ours.length > 20)
  assert.deepEqual(
    ours.filter((on) => !names.has(on)),
    [],
  )
})

test('nobody may reach files or other servers, manage access, or give rights away', () => {
  const never = /FILE|URL|S3|SOURCES|ACCESS MANAGEMENT|CREATE USER|CREATE ROLE|GRANT|^ALL$|SUPER/
  for (const { name, grants } of ROLES) {
    for (const right of grants.flatMap(({ rights }) => rights)) {
      assert.doesNotMatch(right, never, `${name}: ${right}`)
    }
  }
})

test('an account may read what has a column group_id, and nothing else', () => {
  const rights = new Set(roleNamed('account').grants.flatMap(({ rights: each }) => each))
  assert.deepEqual([...rights], ['SELECT'])
  const on = roleNamed('account').grants.flatMap((grant) => grant.on)
  for (const other of [
    '*',
    'catalogue',
    'catalogue_events',
    'dead_letters',
    'settled',
    'kafka_logs',
  ]) {
    assert.equal(on.includes(other), false, other)
  }
})

test('a limit cannot be lifted by 0, which is no limit at all', () => {
  const sql = rolesSql({ database: 'db', onCluster: '' }).join('\n')
  assert.match(sql, /max_execution_time = 60 MIN 1 MAX 60/)
  const { profiles } = usersXml('db', ROLES, () => '')
  assert.match(profiles, /<max_execution_time><min>1<\/min><max>60<\/max><\/max_execution_time>/)
})

test('roles of two databases of one server are different ones, and a cluster has them everywhere', () => {
  const sql = rolesSql({ database: 'staging', onCluster: 'ON CLUSTER `c`' })
  assert.ok(sql.every((statement) => statement.includes('ON CLUSTER `c`')))
  assert.ok(sql.every((statement) => /`staging_\w+`/.test(statement)))
  assert.ok(sql.some((statement) => statement.includes('CLUSTER ON *.*')))
})

test('rights are given in one statement, so that no moment has too few of them', () => {
  const sql = rolesSql({ database: 'db', onCluster: '' })
  const grants = sql.filter((statement) => statement.startsWith('GRANT'))
  assert.equal(grants.length, ROLES.length)
  assert.ok(grants.every((statement) => statement.endsWith('WITH REPLACE OPTION')))
  assert.equal(
    sql.some((statement) => statement.startsWith('REVOKE')),
    false,
  )
})

test('an operator reads every table and view but probes and tracked_unsealed', () => {
  const read = roleNamed('operator').grants.filter(({ rights }) => rights.includes('SELECT'))
  const on = new Set(read.flatMap((grant) => grant.on))
  const unread = [...made()].filter((name) => !on.has(name) && !name.endsWith('_probe'))
  assert.deepEqual(unread, ['tracked_unsealed'])
})

test('the row policy of accounts is on the tables over all shards too, where there are any', () => {
  const over = rolesSql({ database: 'db', onCluster: '', isOverShards: true }).join('\n')
  const policy =
    /CREATE ROW POLICY OR REPLACE `db_account` ON `db_all`\.\* FOR SELECT USING group_id = .* AS RESTRICTIVE TO `db_account`/
  assert.match(over, policy)
  assert.doesNotMatch(rolesSql({ database: 'db', onCluster: '' }).join('\n'), /db_all/)
})
