import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { EVENT_RULES } from '../rules.ts'
import { createPlaceholderCheck } from './placeholders.ts'

test('an id is a placeholder in its bytes exactly when it is one as text', () => {
  const { placeholderIds } = EVENT_RULES
  const isPlaceholder = createPlaceholderCheck(placeholderIds)
  const space = fc.constantFrom('', '', '', ' ', '\t', '\u00a0', '\u2003', '\ufeff')
  const known = fc.constantFrom(...placeholderIds, 'nuK', 'nu\u212a', '{]', '@0', '`1')
  const drawn = fc.oneof(
    fc.tuple(space, fc.mixedCase(known), space).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  let found = 0
  fc.assert(
    fc.property(drawn, (id) => {
      const bytes = Buffer.from(`"${id}"`)
      const isFound = isPlaceholder(bytes, 1, bytes.length - 1, isAscii(bytes))
      assert.equal(isFound, placeholderIds.has(id.toWellFormed().trim().toLowerCase()))
      if (isFound) found += 1
    }),
    { numRuns: 2_000 },
  )
  assert.ok(found > 200)
})

test('placeholders with letters beyond ASCII, and an empty one, are found too', () => {
  const isPlaceholder = createPlaceholderCheck(new Set(['', 'kéin', 'k']))
  for (const [id, expected] of [
    ['', true],
    [' ', true],
    ['KÉIN', true],
    ['\u212a', true],
    ['kein', false],
  ] as const) {
    const bytes = Buffer.from(`"${id}"`)
    assert.equal(
      isPlaceholder(bytes, 1, bytes.length - 1, isAscii(bytes)),
      expected,
      JSON.stringify(id),
    )
  }
})
