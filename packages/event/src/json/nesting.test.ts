import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tooDeepAt } from './nesting.ts'

const nested = (depth: number, inside = '') => '['.repeat(depth) + inside + ']'.repeat(depth)

test('a text may open 1,000 containers inside one another, of both kinds, and not one more', () => {
  const objects = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
  const table: readonly (readonly [string, number])[] = [
    ['', -1],
    ['{}', -1],
    [nested(1_000), -1],
    [nested(1_001), 1_000],
    [objects(1_000), -1],
    [objects(1_001), 5_000],
    [`{"a":${nested(999)},"b":${nested(999)}}`, -1],
    [`{"a":${nested(1_000)}}`, 1_004],
    ['['.repeat(5_000_000), 1_000],
    [nested(1_000, `"${'['.repeat(2_000)}"`), -1],
    [nested(1_000, `"\\"${'['.repeat(2_000)}"`), -1],
    [nested(1_000, '"\\\\",[]'), 1_005],
    [`"${'['.repeat(2_000)}`, -1],
    ['[],'.repeat(2_000), -1],
  ]
  for (const [text, expected] of table) assert.equal(tooDeepAt(text), expected, text.slice(0, 60))
})

test('of any JSON the depth is found that its value has', () => {
  const depthOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0
    return 1 + Math.max(0, ...Object.values(value).map(depthOf))
  }
  const unusual = fc.constantFrom('"', '\\', '[', '{', '\\"', ']', '}', 'ä', '😀')
  const value = fc.jsonValue({ maxDepth: 8, stringUnit: unusual })
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1), (tree, space) => {
      const text = JSON.stringify(tree, null, space)
      const depth = depthOf(tree)
      assert.equal(tooDeepAt(text, depth), -1)
      if (depth > 0) assert.notEqual(tooDeepAt(text, depth - 1), -1)
    }),
  )
})
