import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLANK_EVENT, EVENT_FIELDS, type TrackedEvent } from '@custom-events/event'
import fc from 'fast-check'
import { createEventCodec } from './event-encoder.ts'

const text = fc.string({ unit: 'grapheme' })
const moment = fc.integer({ min: 0, max: 253_402_300_799_999 })

const VALUES = { text, time: moment, json: fc.json() }
const fields = EVENT_FIELDS.map(({ name, stored, isOptional }) => {
  const value: fc.Arbitrary<unknown> = VALUES[stored]
  return [name, isOptional ? fc.option(value) : value] as const
})
const event = fc
  .record(Object.fromEntries(fields), { noNullPrototype: true })
  .map((values): TrackedEvent => ({ ...BLANK_EVENT, ...values }))

test('every event comes back from its record as it went in, with the schema id', () => {
  const codec = createEventCodec()
  fc.assert(
    fc.property(event, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (value, schemaId) => {
      assert.deepEqual(codec.decode(codec.encode(value, schemaId)), { schemaId, value })
    }),
    { numRuns: 500 },
  )
})

test("a record begins with Confluent's frame", () => {
  const [value] = fc.sample(event, 1)
  assert.ok(value !== undefined)
  const bytes = createEventCodec().encode(value, 258)
  assert.equal(bytes.subarray(0, 5).toString('hex'), '0000000102')
})

test('bytes that are not framed are refused with the reason', () => {
  const codec = createEventCodec()
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4), Buffer.from('{"event":1}')]) {
    assert.throws(() => codec.decode(bytes), /not a framed Avro record/)
  }
})
