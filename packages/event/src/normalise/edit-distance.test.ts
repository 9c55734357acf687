import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closestName, editDistance } from './edit-distance.ts'

test('edits are counted up to the limit', () => {
  const table: readonly (readonly [string, string, number])[] = [
    ['event', 'event', 0],
    ['evnt', 'event', 1],
    ['evnet', 'event', 1],
    ['userid', 'user_id', 1],
    ['usrid', 'user_id', 2],
    ['timestamp', 'event', 3],
    ['', 'ab', 2],
  ]
  for (const [from, to, edits] of table) assert.equal(editDistance(from, to, 2), edits, from)
})

test('the distance is the same in both directions', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (left, right) => {
      assert.equal(editDistance(left, right, 9), editDistance(right, left, 9))
    }),
  )
})

test('a mistyped name is recognised, a different one is not', () => {
  const names = ['event', 'user_id', 'timestamp', 'uuid']
  assert.equal(closestName('Evnt', names), 'event')
  assert.equal(closestName('time_stamp', names), 'timestamp')
  assert.equal(closestName('plan', names), null)
  assert.equal(closestName('ud', names), null)
  assert.equal(closestName('x'.repeat(10_000), names), null)
})
