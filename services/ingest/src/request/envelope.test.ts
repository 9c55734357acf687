import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'node:test'
import { Slices } from '../admission/slices.ts'
import { INGEST_LIMITS } from '../limits.ts'
import { Refusal } from '../response/refusal.ts'
import { eventText } from '../testing/test-support.ts'
import { isLines, readEnvelope, readLongEnvelope, readOnReferencePath } from './envelope.ts'
import type { Envelope } from './envelope-parts.ts'

const JSON_TYPE = 'application/json'
const LINES_TYPE = 'application/x-ndjson'
const ONE = eventText({ event_id: 'e-1' })
const TWO = eventText({ event_id: 'e-2' })

/** What every way of reading must agree about. */
const told = ({ events, sentAt, key }: Envelope) => ({
  events: events.map(({ index, pointer, value }) => ({ index, pointer, value })),
  sentAt,
  key,
})

function codeOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.code
  }
  return assert.fail('it was read')
}

for (const [form, body, type, pointers] of [
  ['one event', ONE, JSON_TYPE, ['']],
  ['an array', `[${ONE},${TWO}]`, JSON_TYPE, ['/0', '/1']],
  ['{"events"}', `{"events":[${ONE},${TWO}]}`, JSON_TYPE, ['/events/0', '/events/1']],
  ['{"batch"}', `{"batch":[${ONE},${TWO}],"writeKey":"k"}`, JSON_TYPE, ['/batch/0', '/batch/1']],
  ['lines', `${ONE}\n${TWO}\n`, LINES_TYPE, ['/0', '/1']],
] as const) {
  test(`${form}: the same events at the same places on the fast path, the reference path and in slices`, async () => {
    const bytes = Buffer.from(body)
    const reference = told(readOnReferencePath(bytes, type, INGEST_LIMITS))
    assert.deepEqual(
      reference.events.map(({ pointer }) => pointer),
      pointers,
    )
    assert.deepEqual(told(readEnvelope(bytes, type, INGEST_LIMITS)), reference)
    const long = await readLongEnvelope(bytes, type, INGEST_LIMITS, new Slices())
    assert.deepEqual(told(long), reference)
  })
}

test('a type that nobody knows is read as JSON, multipart never', () => {
  const body = Buffer.from(ONE)
  for (const type of [undefined, 'text/plain', 'application/cloudevents+json; charset=utf-8']) {
    assert.equal(readEnvelope(body, type, INGEST_LIMITS).events.length, 1, type)
  }
  const read = () => readEnvelope(body, 'Multipart/form-data; boundary=x', INGEST_LIMITS)
  assert.equal(codeOf(read), 'unsupported_media_type')
})

test('a compressed body that does not say so is told what its header should be', () => {
  const read = () => readEnvelope(gzipSync(ONE), JSON_TYPE, INGEST_LIMITS)
  assert.throws(read, /begins like gzip.*Content-Encoding: gzip/)
  assert.equal(codeOf(read), 'invalid_encoding')
})

test('one event more than a request may have refuses it, in every form', () => {
  const limits = { ...INGEST_LIMITS, maxEvents: 2 }
  const events = [ONE, TWO, ONE]
  for (const [body, type] of [
    [`[${events.join()}]`, JSON_TYPE],
    [`{"events":[${events.join()}]}`, JSON_TYPE],
    [events.join('\n'), LINES_TYPE],
  ] as const) {
    const bytes = Buffer.from(body)
    assert.equal(
      codeOf(() => readEnvelope(bytes, type, limits)),
      'too_many_events',
    )
    assert.equal(
      codeOf(() => readOnReferencePath(bytes, type, limits)),
      'too_many_events',
    )
  }
})

test('lines are told by their type, whatever its case and parameters', () => {
  for (const type of [
    'application/x-ndjson',
    'Application/NDJSON; charset=utf-8',
    'application/jsonl',
  ]) {
    assert.ok(isLines(type), type)
  }
  for (const type of [undefined, 'application/json', 'text/plain']) assert.ok(!isLines(type), type)
})
