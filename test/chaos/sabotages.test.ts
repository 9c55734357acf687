import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sabotages } from '../../chaos/sabotages/index.ts'

test('every sabotage still finds the one place that it breaks', () => {
  for (const { name, edits } of sabotages) {
    assert.ok(edits.length > 0, name)
    for (const { file, find, replace } of edits) {
      const parts = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split(find)
      assert.equal(parts.length, 2, `${name}: ${file} holds ${JSON.stringify(find)} once`)
      assert.notEqual(find, replace)
    }
  }
})
