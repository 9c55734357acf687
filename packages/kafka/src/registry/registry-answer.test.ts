import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaIn } from './registry-answer.ts'
import { SchemaRegistryError, type SchemaRegistryFailure } from './registry-error.ts'

const avro = '{"type":"string"}'
const json = (value: unknown): string => JSON.stringify(value)

function failureOf(status: number, body: string): SchemaRegistryFailure {
  try {
    schemaIn({ status, body }, 'reading schema 7')
  } catch (error) {
    assert.ok(error instanceof SchemaRegistryError, String(error))
    assert.match(error.message, /^reading schema 7: /)
    assert.ok(error.message.length < 400, 'no page of a proxy in a log')
    return error.failure
  }
  return assert.fail(`${status} ${body}: a schema`)
}

test('an Avro schema that stands alone is read, with and without its type', () => {
  for (const more of [{}, { schemaType: 'AVRO' }, { references: [] }, { id: 7, subject: 's' }]) {
    assert.equal(schemaIn({ status: 200, body: json({ schema: avro, ...more }) }, ''), avro)
  }
})

test('every other answer is decided by its status and its error_code', () => {
  const html = `<!doctype html><title>502</title>${'x'.repeat(10_000)}`
  const cases: readonly (readonly [number, string, SchemaRegistryFailure])[] = [
    [200, json({ schema: '{}', schemaType: 'JSON' }), 'unsupported'],
    [200, json({ schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }), 'unsupported'],
    [
      200,
      json({ schema: avro, references: [{ name: 'a', subject: 'b', version: 1 }] }),
      'unsupported',
    ],
    [200, json({ schema: avro, schemaType: 7 }), 'unsupported'],
    [200, html, 'unavailable'],
    [200, '', 'unavailable'],
    [200, '{"schema":', 'unavailable'],
    [200, json({ schema: 7 }), 'unavailable'],
    [200, json([avro]), 'unavailable'],
    [200, 'null', 'unavailable'],
    [404, json({ error_code: 40403, message: 'Schema not found' }), 'unknown'],
    [404, json({ error_code: 40401, message: 'Subject not found' }), 'unknown'],
    [404, json({ error_code: 404, message: 'HTTP 404 Not Found' }), 'unavailable'],
    [404, html, 'unavailable'],
    [404, '', 'unavailable'],
    [401, json({ error_code: 401, message: 'Unauthorized' }), 'denied'],
    [403, json({ error_code: 40301, message: 'User is denied' }), 'denied'],
    [403, html, 'denied'],
    [400, json({ error_code: 400 }), 'unavailable'],
    [405, '', 'unavailable'],
    [422, json({ error_code: 42202 }), 'unavailable'],
    [429, '', 'unavailable'],
    [500, json({ error_code: 50001, message: 'Error in the backend data store' }), 'unavailable'],
    [500, json({ error_code: 40403 }), 'unavailable'],
    [502, html, 'unavailable'],
    [503, '', 'unavailable'],
  ]
  for (const [status, body, expected] of cases) {
    assert.equal(failureOf(status, body), expected, `${status} ${body.slice(0, 60)}`)
  }
})
