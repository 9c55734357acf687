import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plannedProperties } from './planned-properties.ts'

for (const [expected, value] of [
  ['string', { type: 'string' }],
  ['string', { type: ['string', 'null'], format: 'email' }],
  ['string', { enum: ['free', 'pro', null] }],
  ['time', { type: 'string', format: 'date-time' }],
  ['uuid', { type: 'string', format: 'uuid' }],
  ['string', { anyOf: [{ type: 'string', format: 'uuid' }, { const: 'none' }] }],
  ['integer', { type: 'integer' }],
  ['number', { type: ['integer', 'number'] }],
  ['number', { enum: [1, 2.5] }],
  ['boolean', { oneOf: [{ type: 'boolean' }, { type: 'null' }] }],
  ['mixed', { type: ['string', 'number'] }],
  ['mixed', { type: 'object' }],
  ['mixed', { type: 'array' }],
  ['integer', { $ref: '#/$defs/count' }],
  ['integer', { allOf: [{ minimum: 3 }, { $ref: '#/$defs/count' }] }],
  [null, { anyOf: [{ type: 'string' }, { maxLength: 3 }] }],
  [null, { type: 'null' }],
  [null, { description: 'anything' }],
  [null, true],
] as const) {
  test(`${JSON.stringify(value)} is ${expected}`, () => {
    const schema = {
      type: 'object',
      properties: { a: value },
      $defs: { count: { type: 'integer' } },
    }
    const [first] = plannedProperties(structuredClone(schema))
    assert.equal(first?.kind, expected)
  })
}

test('the properties of a plan keep their order and their descriptions', () => {
  const schema = { properties: { b: { description: 'Bee.' }, a: {} } }
  assert.deepEqual(plannedProperties(schema), [
    { property: 'b', kind: null, description: 'Bee.' },
    { property: 'a', kind: null, description: null },
  ])
  assert.deepEqual(plannedProperties({ type: 'object' }), [])
})
