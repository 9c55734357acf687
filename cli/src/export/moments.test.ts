import assert from 'node:assert/strict'
import { test } from 'node:test'
import { earliestOf } from './moments.ts'

test('an export of several shards is complete up to the earliest of them, unknown where one is', () => {
  const of = (as_of: string, complete_until: string | null) => ({ as_of, complete_until })
  const cases = [
    [[of('b', 'y'), of('a', 'x')], of('a', 'x')],
    [[of('a', 'x'), of('b', null)], of('a', null)],
    [[of('a', 'x')], of('a', 'x')],
  ] as const
  for (const [moments, expected] of cases) assert.deepEqual(earliestOf(moments), expected)
})
