import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEventIds, idempotentEventId, timeInUuidV7, uuidV5 } from './uuid.ts'

test('UUIDv5 gives the value of RFC 9562, appendix A.4', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
  assert.equal(uuidV5(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('an id of ours is a UUIDv7 that carries the time of its event', () => {
  const newEventId = createEventIds()
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
      assert.equal(timeInUuidV7(newEventId(ms)), ms)
    }),
  )
})

test('ids of the same millisecond differ, also across refills of the random pool', () => {
  const newEventId = createEventIds()
  const ids = new Set(Array.from({ length: 2_000 }, () => newEventId(1)))
  assert.equal(ids.size, 2_000)
})

test('only a UUIDv7 carries a time', () => {
  const others = [
    '',
    'e-1',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479', // version 4
    '2ed6657d-e927-568b-95e1-2665a8aea6a2', // version 5
    '017f22e2-79b0-7cc3-18c4-dc0c0c07398f', // variant
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f ',
  ]
  for (const id of others) assert.equal(timeInUuidV7(id), null, id)
  assert.equal(timeInUuidV7('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), 1_645_557_742_000)
})

test('an Idempotency-Key gives each event of a request an id that a retry gets again, and no other', () => {
  assert.equal(idempotentEventId('k', 0, '{}'), idempotentEventId('k', 0, '{}'))
  assert.notEqual(idempotentEventId('k', 0, '{}'), idempotentEventId('k', 1, '{}'))
  assert.notEqual(idempotentEventId('k', 0, '{}'), idempotentEventId('l', 0, '{}'))
  assert.notEqual(idempotentEventId('k', 0, '{}'), idempotentEventId('k', 0, '{ }'))
})
