import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestIdFrom } from './messages.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('each request gets a UUIDv4 of its own, however many there are', () => {
  const ids = Array.from({ length: 5_000 }, () => requestIdFrom(undefined))
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(
    ids.filter((id) => !UUID_V4.test(id)),
    [],
  )
})
