import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EVENT_RULES } from '../contract/rules.ts'
import { createDubiousIdCheck } from './dubious-ids.ts'

test('an id that may stand for nothing is found in its bytes', () => {
  const rules = { ...EVENT_RULES, placeholderIds: new Set([...EVENT_RULES.placeholderIds, 'İ']) }
  const words = [...rules.placeholderIds, ...rules.suspiciousIds]
  const lower = new Set(words.map((word) => word.toLowerCase()))
  const isDubious = createDubiousIdCheck(rules)
  const counts = { found: 0, free: 0 }
  const known = fc.constantFrom(...words, 'nuK', 'nu\u212a', '[object object}', '@0', '`1', ' NULL')
  const cased = fc
    .tuple(known, fc.boolean())
    .map(([id, isUpper]) => (isUpper ? id.toUpperCase() : id))
  fc.assert(
    fc.property(fc.oneof(cased, fc.string({ unit: 'binary', maxLength: 12 })), (drawn) => {
      const id = drawn.toWellFormed()
      const bytes = Buffer.from(`"${id}"`)
      const isAscii = bytes.length === id.length + 2
      const isFound = isDubious(bytes, 1, bytes.length - 1, isAscii)
      assert.equal(isFound, lower.has(id.toLowerCase()))
      counts[isFound ? 'found' : 'free'] += 1
    }),
    { numRuns: 3_000 },
  )
  assert.ok(counts.found > 500 && counts.free > 500, JSON.stringify(counts))
})
