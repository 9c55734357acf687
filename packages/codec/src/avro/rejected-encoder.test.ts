import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRejectedCodec, cutToBytes, MAX_RAW_BYTES } from './rejected-encoder.ts'

test('a rejected event comes back from its record as it went in', () => {
  const codec = createRejectedCodec()
  const value = {
    request_id: 'r',
    index: 3,
    received_at: 1,
    source: 'web',
    code: 'missing_event',
    pointer: '/batch/3/event',
    errors: '[]',
    event: null,
    group_id: 'g',
    user_id: null,
    event_id: null,
    raw: '{"a":"é"}',
    raw_truncated: false,
    beside: '{"context":{"group_id":"g"}}',
    resolution: 'replayed' as const,
    resolved_at: 2,
    replayed_to: 'events.tracked.v1/3/17',
  }
  assert.deepEqual(codec.decode(codec.encode(value, 7)), { schemaId: 7, value })
})

test('a text is cut to its limit in bytes, never inside a character', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  fc.assert(
    fc.property(text, fc.nat({ max: 60 }), (whole, maxBytes) => {
      const { raw, raw_truncated: isCut } = cutToBytes(whole, maxBytes)
      const bytes = Buffer.byteLength(raw)
      assert.ok(whole.startsWith(raw) && bytes <= maxBytes)
      assert.equal(isCut, Buffer.byteLength(whole) > maxBytes)
      const next = String.fromCodePoint(whole.codePointAt(raw.length) ?? 0)
      if (isCut) assert.ok(bytes + Buffer.byteLength(next) > maxBytes, 'one more would have fitted')
    }),
    { numRuns: 1_000 },
  )
})

test('the limit is 64 KiB', () => {
  assert.deepEqual(cutToBytes('x'.repeat(MAX_RAW_BYTES)).raw_truncated, false)
  assert.equal(cutToBytes('x'.repeat(65_537)).raw.length, 65_536)
})
