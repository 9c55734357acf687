import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findSyntaxProblem } from './json-syntax.ts'

test('the first place that breaks the grammar is named', () => {
  const table: readonly (readonly [string, number, number, string])[] = [
    ['', 1, 1, 'a value'],
    ['hello', 1, 1, 'a value'],
    ['{"a":1,}', 1, 8, 'a key in double quotes'],
    ["{'a':1}", 1, 2, 'a key in double quotes, or }'],
    ['{"a" 1}', 1, 6, 'a colon'],
    ['{"a":1 "b":2}', 1, 8, 'a comma, or }'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'a comma, or }'],
    ['[1,]', 1, 4, 'a value'],
    ['[1', 1, 3, 'a comma, or ]'],
    ['[1]]', 1, 4, 'the end of the body'],
    ['{"a":01}', 1, 7, 'a comma, or }'],
    ['{"a":NaN}', 1, 6, 'a value'],
    ['"a\tb"', 1, 3, 'the end of a string: "'],
    ['"\\x"', 1, 2, 'a valid escape'],
    ['"abc', 1, 5, 'the end of a string: "'],
  ]
  for (const [text, line, column, expected] of table) {
    const { at, ...told } = findSyntaxProblem(text) ?? {}
    assert.deepEqual(told, { line, column, expected }, text)
    const before = text.slice(0, at).split('\n')
    assert.deepEqual([before.length, (before.at(-1) ?? '').length + 1], [line, column], text)
  }
})

test('exactly the texts that JSON.parse refuses have a problem', () => {
  const mutated = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '\\', '0', ' ', '\n', 'e'))
    .map(([text, at, char]) => {
      const cutAt = at % (text.length + 1)
      return text.slice(0, cutAt) + char + text.slice(cutAt + 1)
    })
  fc.assert(
    fc.property(mutated, (text) => {
      assert.equal(findSyntaxProblem(text) === null, isJson(text), text)
    }),
    { numRuns: 3_000 },
  )
})

test('nesting as deep as a body allows does not overflow the stack', () => {
  assert.equal(findSyntaxProblem('['.repeat(200_000) + ']'.repeat(200_000)), null)
  assert.notEqual(findSyntaxProblem('[{"a":'.repeat(200_000)), null)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
