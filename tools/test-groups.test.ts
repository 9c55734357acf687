import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { filesOf, GROUP_NAMES } from './test-groups.ts'

test('every test is run: it belongs to one group', () => {
  const grouped = GROUP_NAMES.flatMap(filesOf)
  const all = globSync('**/*.test.ts', { exclude: (path) => path.includes('node_modules') })
  assert.deepEqual(grouped.toSorted(), all.toSorted())
})
