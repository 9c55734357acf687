import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { slownessOf } from './check-pattern.ts'

test('patterns that can be read in one way only are taken', () => {
  const taken = [
    '^$',
    '^[A-Z]{3}$',
    String.raw`^\d{4}-\d{2}-\d{2}$`,
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    String.raw`^[^@\s]+@[^@\s]+$`,
    '^(?:free|pro|enterprise)$',
    String.raw`^v\d+\.\d+\.\d+(?:-[a-z0-9.]+)?$`,
    String.raw`^\p{L}+$`,
    String.raw`^\u{1F600}*\x41?\u0042$`,
    '^[a-z]{2,200}',
    '^(a|)(b|)$',
  ]
  for (const pattern of taken) assert.equal(slownessOf(pattern), null, pattern)
})

test('patterns that may be slow, or are not understood, are refused with what is expected', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['^(a+)+$', /one way only/],
    ['^(a|a)+$', /one way only/],
    [String.raw`^\d+\d+$`, /one way only/],
    [String.raw`^\p{L}+[0-9]$`, /one way only/],
    [String.raw`^[^\p{L}]+a$`, /one way only/],
    ['^(a*)*$', /may be empty/],
    ['^(a?){20}a{20}$', /may be empty/],
    ['^(a?|b?)+$', /may be empty/],
    ['a+', /begins with \^/],
    ['^a|b$', /alternatives in a group/],
    ['^(?=a)a$', /no lookaround/],
    [String.raw`^([a-z]+)\1$`, /no \\1/],
    ['^a+?$', /no lazy/],
    ['^(a$)', /\$ only at the end/],
    ['^(x{1,30}y){1,30}$', /at most 500/],
    ['^a{1000000000}$', /at most 500/],
    ['^(', /a regular expression/],
    [String.raw`^\ud83d\ude00$`, /surrogate pair/],
  ]
  for (const [pattern, expected] of table) {
    assert.match(slownessOf(pattern) ?? 'taken', expected, pattern)
  }
})

const atom = fc.constantFrom('a', 'b', '[ab]', '.', String.raw`\w`, '[^a]', '-')
const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2,3}', '{2,}')
const { pattern: piece } = fc.letrec<{ pattern: string; group: string }>((tie) => ({
  pattern: fc
    .array(
      fc
        .tuple(fc.oneof({ depthSize: 'small' }, atom, tie('group')), quantifier)
        .map((x) => x.join('')),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join('')),
  group: fc
    .array(tie('pattern'), { minLength: 1, maxLength: 3 })
    .map((options) => `(?:${options.join('|')})`),
}))

test('no pattern that is taken is slow on any text', () => {
  let taken = 0
  fc.assert(
    fc.property(
      piece,
      fc.array(fc.constantFrom('a', 'b', 'ab', '-', 'aab'), { minLength: 1, maxLength: 4 }),
      (body, unit) => {
        const pattern = `^${body}$`
        if (slownessOf(pattern) !== null) return
        taken += 1
        const expression = new RegExp(pattern, 'u')
        const text = `${unit.join('').repeat(1_000)}!`
        const startedAt = performance.now()
        expression.test(text)
        assert.ok(performance.now() - startedAt < 500, pattern)
      },
    ),
    { numRuns: 5_000 },
  )
  assert.ok(taken > 100, `only ${taken} patterns were tried`)
})
