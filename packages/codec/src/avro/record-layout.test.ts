import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventAvroSchema } from './avro-schemas.ts'
import { checkAvroSchema } from './record-layout.ts'

interface Schema {
  fields: { name: string; type: unknown }[]
}

test('a schema of other fields, types or places than the table has stops the program at its start', () => {
  const changed = (change: (schema: Schema) => void) => () => {
    const schema = JSON.parse(eventAvroSchema) as Schema
    change(schema)
    return checkAvroSchema(JSON.stringify(schema))
  }
  assert.doesNotThrow(changed(() => {}))
  const swapped = changed(({ fields }) => fields.splice(3, 2, ...fields.slice(3, 5).toReversed()))
  assert.throws(swapped, /event\.avsc/)
  assert.throws(
    changed(({ fields }) => fields.pop()),
    /event\.avsc/,
  )
  assert.throws(
    changed(({ fields }) => fields.push({ name: 'more', type: 'string' })),
    /avsc/,
  )
  const retyped = changed(({ fields }) => Object.assign(fields[5] ?? {}, { type: 'long' }))
  assert.throws(retyped, /event\.avsc/)
})
