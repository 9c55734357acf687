import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeClaim, decodeMayReadOn, encodeClaim, encodeMayReadOn } from './ownership.ts'

test('a claim is read as it was written, and what other programs write is none', () => {
  const claim = {
    generation: 7,
    owned: [
      { topic: 'a', partition: 0 },
      { topic: 'a', partition: 11 },
      { topic: 'b', partition: 3 },
    ],
  }
  assert.deepEqual(decodeClaim(encodeClaim(claim)), claim)
  for (const other of [null, undefined, Buffer.alloc(0), Buffer.from('{}'), Buffer.from([0, 1])]) {
    assert.equal(decodeClaim(other), null)
  }
})

test('nobody reads on unless the leader has said that everybody does', () => {
  assert.equal(decodeMayReadOn(encodeMayReadOn(true)), true)
  for (const not of [encodeMayReadOn(false), null, undefined, Buffer.from('x')]) {
    assert.equal(decodeMayReadOn(not), false)
  }
})
