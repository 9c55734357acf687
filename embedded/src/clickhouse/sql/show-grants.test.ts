import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withOwnGrants } from './show-grants.ts'
import { readStatement } from './statement.ts'

const reader = { engineRole: 'reader', limits: null }

for (const [sql, run] of [
  ['SHOW GRANTS', 'SHOW GRANTS FOR `reader`'],
  ['show /* my */ grants;', 'show /* my */ grants FOR `reader`'],
  ['SHOW\u00a0GRANTS', 'SHOW\u00a0GRANTS FOR `reader`'],
  ['SHOW GRANTS FORMAT JSON', 'SHOW GRANTS FOR `reader` FORMAT JSON'],
  ['SHOW GRANTS FOR operator', 'SHOW GRANTS FOR operator'],
  ['SHOW TABLES', 'SHOW TABLES'],
] as const) {
  test(`what a login may do is what its role may: ${sql}`, () => {
    const read = readStatement(Buffer.from(sql).toString('latin1'))
    assert.equal(read.kind, 'command')
    if (read.kind === 'command')
      assert.deepEqual(withOwnGrants(read, reader), { ...read, text: run })
  })
}

test('nothing else is changed', () => {
  const select = { kind: 'select', text: 'SHOW GRANTS', format: undefined, settings: '' } as const
  assert.equal(withOwnGrants(select, reader), select)
})
