import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { eventSchema } from '../contract/event-schema.ts'
import { FIELD_NAMES, rowOf } from '../contract/fields.ts'
import { slotOf } from './slots.ts'
import { createTextRules } from './text-rules.ts'

const TEXTS = FIELD_NAMES.filter((name) => rowOf(name).chars !== undefined)
const LIMITS = TEXTS.flatMap((name) => rowOf(name).chars ?? [])
const AROUND_LIMITS = [...new Set(LIMITS.flatMap((chars) => [chars - 1, chars, chars + 1]))]

/** Around the limits of the lengths, in characters of one to four bytes and of one or two units. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: Math.max(...LIMITS) + 44, size: 'max' }),
  fc.string({ maxLength: 10 }),
  fc
    .tuple(
      fc.constantFrom('x', 'é', '한', '🙂', '\u0080', '\u009f', '\u00a0', '\u007f', '\u001f', ' '),
      fc.constantFrom(...AROUND_LIMITS),
      fc.constantFrom('', 'a', 'é', '🙂', '\u0085', '\u0000'),
    )
    .map(([unit, count, last]) => unit.repeat(count) + last),
)

test('a text is taken from its bytes exactly when ajv takes it for what the schema says', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  const charsIfValid = createTextRules()
  const counts = { taken: 0, refused: 0 }
  for (const name of TEXTS) {
    const isValid = ajv.compile(eventSchema.properties[name] ?? {})
    fc.assert(
      fc.property(text, (drawn) => {
        const bytes = Buffer.from(`"${drawn}"`)
        const chars = charsIfValid(slotOf(name), bytes, 1, bytes.length - 1)
        const isTaken = isValid(drawn.toWellFormed())
        assert.equal(chars, isTaken ? Array.from(drawn).length : -1)
        counts[isTaken ? 'taken' : 'refused'] += 1
      }),
      { numRuns: 1_000 },
    )
  }
  assert.ok(Object.values(counts).every((count) => count > 500))
})
