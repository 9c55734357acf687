import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventAvroSchema, rejectedAvroSchema } from './avro-schemas.ts'
import { isSameSchema } from './same-schema.ts'

test('a schema is the same however it is written down, and another is another', () => {
  const inOtherWords = JSON.stringify(JSON.parse(eventAvroSchema), null, 7)
  assert.ok(isSameSchema(eventAvroSchema, inOtherWords))
  assert.ok(!isSameSchema(eventAvroSchema, rejectedAvroSchema))
  const parsed = JSON.parse(eventAvroSchema)
  const lessOne = JSON.stringify({ ...parsed, fields: parsed.fields.slice(1) })
  assert.ok(!isSameSchema(eventAvroSchema, lessOne))
  assert.ok(!isSameSchema(eventAvroSchema, '{"type":"no such type"}'))
})
