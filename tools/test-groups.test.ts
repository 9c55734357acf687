import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { GROUPS } from './test-groups.ts'

test('every test is run: it belongs to one group', () => {
  const grouped = Object.values(GROUPS).flatMap((patterns) => globSync([...patterns]))
  const all = globSync('**/*.test.ts', { exclude: (path) => path.includes('node_modules') })
  assert.deepEqual(grouped.toSorted(), all.toSorted())
})
