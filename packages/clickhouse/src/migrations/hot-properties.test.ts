import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  HotPropertyError,
  mergeHotProperties,
  readHotProperties,
  reconcile,
  typedValue,
  type ExistingColumn,
  type HotProperty,
} from './hot-properties.ts'

const hot = (change: Partial<HotProperty> = {}): HotProperty => ({
  property: 'plan',
  type: 'String',
  comment: '',
  ...change,
})

test('the shipped declaration is well-formed', () => {
  const shipped = readHotProperties(
    new URL('../../../../schemas/hot-properties.json', import.meta.url),
  )
  assert.deepEqual(
    shipped.map(({ property }) => property),
    ['email', 'feature_name', 'action', 'amount'],
  )
})

test('every wrong entry is named at once', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hot-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'hot.json')
  const wrong = [
    7,
    { type: 'String', comment: '' },
    hot({ type: 'String); DROP TABLE events; --' }),
    hot({ property: 'with space' }),
    hot({ property: 'a' }),
    hot({ property: 'b', column: 'a' }),
  ]
  writeFileSync(file, JSON.stringify(wrong))
  assert.throws(
    () => readHotProperties(file),
    (error) => {
      assert.ok(error instanceof HotPropertyError)
      assert.match(error.message, /entry 0: expected an object/)
      assert.match(error.message, /entry 1: property is missing/)
      assert.match(error.message, /entry 2: type String\); DROP/)
      assert.match(error.message, /entry 3: with space cannot name a column/)
      assert.match(error.message, /column a is declared twice/)
      return true
    },
  )
})

const column = (change: Partial<ExistingColumn> = {}): ExistingColumn => ({
  name: 'plan',
  type: 'Nullable(String)',
  default_kind: 'MATERIALIZED',
  default_expression: typedValue(hot()),
  ...change,
})

test('only missing columns are added, quoted, and nothing is ever removed', () => {
  const existing = [column(), column({ name: 'gone' })]
  const statements = reconcile([hot(), hot({ property: "it's \\", column: 'its' })], existing)
  assert.equal(statements.length, 1)
  assert.ok(statements[0]?.includes(String.raw`JSONExtractRaw(properties, 'it\'s \\')`))
})

test('a time has the zone UTC, which a column of an older release is given', () => {
  const at = hot({ type: 'DateTime64(3)' })
  const zoned = "Nullable(DateTime64(3, 'UTC'))"
  assert.match(reconcile([at], [])[0] ?? '', /ADD COLUMN .* Nullable\(DateTime64\(3, 'UTC'\)\)/)
  const found = { default_expression: typedValue(at) }
  assert.deepEqual(reconcile([at], [column({ ...found, type: 'Nullable(DateTime64(3))' })]), [
    `ALTER TABLE events  MODIFY COLUMN \`plan\` ${zoned}`,
  ])
  assert.deepEqual(reconcile([at], [column({ ...found, type: zoned })]), [])
  const finer = column({ ...found, type: "Nullable(DateTime64(6, 'UTC'))" })
  assert.throws(() => reconcile([at], [finer]), /declared Nullable\(DateTime64\(3, 'UTC'\)\)/)
})

test('a changed type and the name of a real column are told together', () => {
  const existing = [
    column({ type: 'Nullable(Float64)' }),
    column({ name: 'user_id', default_kind: '', default_expression: '' }),
  ]
  assert.throws(
    () => reconcile([hot(), hot({ property: 'user_id' })], existing),
    /plan is Nullable\(Float64\) in the table and declared Nullable\(String\)[\s\S]*user_id is a column/,
  )
})

test('a column that is filled from another property is told, however that is called', () => {
  const odd = String.raw`it's \ ` + '\n\f'
  const spelt = String.raw`JSONExtractRaw(properties, 'it\'s \\ \n\f')` // as ClickHouse writes it
  assert.deepEqual(reconcile([hot({ property: odd, column: 'plan' })], [column({ default_expression: spelt })]), []) // prettier-ignore
  assert.throws(
    () => reconcile([hot({ property: 'tier', column: 'plan' })], [column()]),
    /plan is filled from the property "plan" in the table and declared of "tier": give .* another "column"/,
  )
  assert.deepEqual(reconcile([hot()], [column({ default_expression: 'upper(source)' })]), []) // somebody's own
})

test('columns of tracking plans join the declared ones; what cannot be is told with its plan', () => {
  const planned = (change: Partial<HotProperty>, markedIn = 'a.json /properties/plan') => ({
    ...hot(change),
    markedIn,
  })
  const seats = planned({ property: 'seats', type: 'UInt32' })
  assert.deepEqual(
    mergeHotProperties([hot()], [planned({}), seats, seats]).map(({ property }) => property),
    ['plan', 'seats'],
  )
  assert.throws(
    () =>
      mergeHotProperties(
        [hot()],
        [
          planned({ type: 'Int64' }, 'a.json'),
          planned({ property: 'other', column: 'plan' }, 'b.json'),
          planned({ property: 'c', type: 'Text' }, 'c.json'),
        ],
      ),
    /a\.json: column plan is String of plan already[^]*b\.json: column plan[^]*c\.json: type Text/,
  )
})
