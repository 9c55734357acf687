import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { LONG, longestFirst } from './longest-first.ts'

test('long files come first, in their order, and every file comes once', () => {
  const [first = '', second = ''] = LONG
  assert.deepEqual(longestFirst(['a.test.ts', second, 'b.test.ts', first]), [
    first,
    second,
    'a.test.ts',
    'b.test.ts',
  ])
})

test('every file that goes first is there', () => {
  assert.deepEqual(
    LONG.filter((file) => !existsSync(new URL(`../${file}`, import.meta.url))),
    [],
  )
})
