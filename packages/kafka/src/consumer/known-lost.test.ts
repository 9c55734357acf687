import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKnownLost } from './known-lost.ts'

const at = (partition: number, offset: number) => ({ topic: 't', partition, offset })

test('every commit says what is known to be lost: from the beginning, or found while reading', () => {
  const lost = createKnownLost([{ ...at(0, 3), lostBefore: 3 }, at(1, 0)])
  assert.deepEqual(lost.beside(at(0, 9)), { ...at(0, 9), lostBefore: 3 })
  assert.deepEqual(lost.beside(at(1, 9)), at(1, 9))
  lost.found({ topic: 't', partition: 1, next: 20 })
  assert.deepEqual(lost.beside(at(1, 9)), at(1, 9))
  lost.found({ topic: 't', partition: 1, next: 30, gaps: 2 })
  lost.found({ topic: 't', partition: 1, next: 40 })
  assert.deepEqual(lost.beside(at(1, 35)), { ...at(1, 35), lostBefore: 30 })
})
