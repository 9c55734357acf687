import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeClaim, decodeTold, encodeClaim, encodeTold, NOTHING_TOLD } from './ownership.ts'

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

test('what a leader tells is read as it was written; nobody reads on unless it said that everybody does', () => {
  for (const told of [
    { mayReadOn: true, topics: ['a', 'b'], memberId: 'm', isUnfinished: true },
    { mayReadOn: false, topics: [], memberId: null, isUnfinished: false },
  ]) {
    assert.deepEqual(decodeTold(encodeTold(told)), told)
  }
  for (const other of [null, undefined, Buffer.alloc(0), Buffer.from('x'), Buffer.from('{}')]) {
    assert.deepEqual(decodeTold(other), NOTHING_TOLD)
  }
  const ofEarlierRelease = Buffer.from('{"as":"custom-events/1","mayReadOn":true,"topics":["a"]}')
  assert.deepEqual(decodeTold(ofEarlierRelease), {
    ...NOTHING_TOLD,
    mayReadOn: true,
    topics: ['a'],
  })
})
