import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSuperseded } from './judged.ts'

const ORIGIN = { partition: 3, offset: 100 }

for (const [what, newest, place, expected] of [
  ['nothing is in the table', undefined, ORIGIN, false],
  ['an older copy, before it in the log', copy(10, 3, 90), ORIGIN, false],
  ['a newer copy, after it in the log', copy(30, 3, 110), ORIGIN, true],
  ['the record itself', copy(20, 3, 100), ORIGIN, true],
  ['its own replay', copy(20, 3, 500), ORIGIN, true],
  ['the replay of an older copy, after it in the log', copy(10, 3, 500), ORIGIN, false],
  ['a copy of the same request, after it in the log', copy(20, 3, 101), ORIGIN, true],
  ['a copy of the same request, before it in the log', copy(20, 3, 99), ORIGIN, false],
  ['a copy before it in the log, by a clock that is ahead', copy(99, 3, 90), ORIGIN, false],
  ['a newer copy in another partition, at a lower offset', copy(30, 4, 5), ORIGIN, true],
  ['an event that was rejected: an older copy', copy(10, 3, 500), null, false],
  ['an event that was rejected: its own replay', copy(20, 3, 5), null, true],
  ['an event that was rejected: a newer copy', copy(30, 3, 5), null, true],
] as const) {
  test(`${expected ? 'superseded' : 'not superseded'}: ${what}`, () => {
    assert.equal(isSuperseded(newest, { receivedAtMs: 20, place }), expected)
  })
}

function copy(receivedAtMs: number, partition: number, offset: number) {
  return { receivedAtMs, partition, offset }
}
