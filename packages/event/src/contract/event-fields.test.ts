import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { EVENT_FIELDS } from './event.ts'
import { eventSchema } from './event-schema.ts'
import { KEY_NAMES, SDK_NAMES } from './fields.ts'

test('every field has a place of its own in a record, and no place is empty', () => {
  const places = EVENT_FIELDS.map(({ avro }) => avro.place)
  assert.deepEqual(places, [...places.keys()])
})

test('no name means two things, and each field may be sent by its own', () => {
  const sent = EVENT_FIELDS.filter(({ names }) => names.length > 0)
  for (const { name, names } of sent) assert.equal(names[0], name)
  const all = [...sent.flatMap(({ names }) => names), ...KEY_NAMES, ...SDK_NAMES, 'type']
  assert.equal(new Set(all).size, all.length)
})

test('beside a list a field has all of its names', () => {
  for (const { names, envelopeNames = names } of EVENT_FIELDS) {
    assert.deepEqual(envelopeNames.toSorted(), names.toSorted())
  }
})

test('the schema that is made of the fields is a JSON Schema', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  assert.equal(ajv.validateSchema(eventSchema), true, ajv.errorsText())
})
