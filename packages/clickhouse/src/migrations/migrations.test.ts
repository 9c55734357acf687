import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MigrationError, pendingMigrations, type Migration } from './migrations.ts'
import { sqlStatements, substitute } from './sql-statements.ts'

test('semicolons in strings, quoted names and comments separate nothing', () => {
  const text = `
    -- first; comment
    SELECT 'a;b', 'it''s; ', 'back\\'; slash', "x;y", \`z;\`; /* second;
    comment */ SELECT 2 -- last;
    ;
    ;`
  assert.deepEqual(sqlStatements(text), [
    `SELECT 'a;b', 'it''s; ', 'back\\'; slash', "x;y", \`z;\``,
    'SELECT 2',
  ])
})

test('statements are found again however their texts look', () => {
  const literal = fc.string({ unit: 'binary' }).map((text) => {
    return `SELECT '${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
  })
  fc.assert(
    fc.property(fc.array(literal), (statements) => {
      assert.deepEqual(sqlStatements(statements.join(';\n-- ; \n')), statements)
    }),
  )
})

test('a variable without a value is named', () => {
  assert.equal(substitute('ENGINE = ${ENGINE}Tree', { ENGINE: 'Merge' }), 'ENGINE = MergeTree')
  assert.throws(() => substitute('${UNKNOWN}', {}), /\$\{UNKNOWN\} has no value/)
})

const file = (version: number, checksum = 'same'): Migration => ({
  version,
  name: `000${version}_x.sql`,
  checksum,
  statements: [],
})

test('what is pending is what was not applied, in order, also between applied ones', () => {
  const files = [file(1), file(2), file(3), file(4)]
  const pending = pendingMigrations(files, [file(1), file(3)])
  assert.deepEqual(
    pending.map(({ version }) => version),
    [2, 4],
  )
})

test('changed and missing files are told together', () => {
  assert.throws(
    () => pendingMigrations([file(1, 'other')], [file(1), file(2)]),
    (error) => {
      assert.ok(error instanceof MigrationError)
      assert.match(error.message, /0001_x\.sql was changed/)
      assert.match(error.message, /0002_x\.sql was applied but is not here/)
      return true
    },
  )
})
