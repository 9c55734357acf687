import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import eventSchema from '../../../../schemas/event.schema.json' with { type: 'json' }
import { SLOT } from './slots.ts'
import { readTextRules } from './text-rules.ts'

const TEXTS = ['event_id', 'event', 'group_id', 'user_id', 'anonymous_id'] as const

/** Around the limits of the lengths, in characters of one to four bytes and of one or two units. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300, size: 'max' }),
  fc.string({ maxLength: 10 }),
  fc
    .tuple(
      fc.constantFrom('x', 'é', '한', '🙂', '\u0080', '\u009f', '\u00a0', '\u007f', '\u001f', ' '),
      fc.constantFrom(0, 1, 2, 127, 128, 129, 199, 200, 201, 255, 256, 257),
      fc.constantFrom('', 'a', 'é', '🙂', '\u0085', '\u0000'),
    )
    .map(([unit, count, last]) => unit.repeat(count) + last),
)

test('a text is taken from its bytes exactly when ajv takes it for what the schema says', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  const charsIfValid = readTextRules()
  const counts = { taken: 0, refused: 0 }
  for (const name of TEXTS) {
    const isValid = ajv.compile(eventSchema.properties[name])
    fc.assert(
      fc.property(text, (drawn) => {
        const bytes = Buffer.from(`"${drawn}"`)
        const chars = charsIfValid(SLOT[name], bytes, 1, bytes.length - 1)
        const isTaken = isValid(drawn.toWellFormed())
        assert.equal(chars, isTaken ? Array.from(drawn).length : -1)
        counts[isTaken ? 'taken' : 'refused'] += 1
      }),
      { numRuns: 1_000 },
    )
  }
  assert.ok(Object.values(counts).every((count) => count > 500))
})

test('a schema that says more of a text than is checked here stops the program at its start', () => {
  const { properties } = eventSchema
  const withName = (rules: object) => {
    const event = { ...properties.event, ...rules }
    return () => readTextRules({ ...eventSchema, properties: { ...properties, event } })
  }
  assert.doesNotThrow(withName({}))
  assert.throws(withName({ pattern: '^[a-z]*$' }), /event/)
  assert.throws(withName({ format: 'uuid' }), /event/)
  assert.throws(withName({ type: 'number' }), /event/)
  assert.throws(() => readTextRules({ ...eventSchema, anyOf: [] }), /user/)
})
