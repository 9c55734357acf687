import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSuperseded, notePartition } from './judged.ts'

const ORIGIN = { generation: 1, partition: 3, offset: 100 }

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
  [
    'a newer copy at a lower offset of another log',
    { ...copy(30, 3, 90), generation: 2 },
    ORIGIN,
    true,
  ],
  [
    'an older copy at a higher offset of another log',
    { ...copy(10, 3, 110), generation: 2 },
    ORIGIN,
    false,
  ],
  ['an event that was rejected: an older copy', copy(10, 3, 500), null, false],
  ['an event that was rejected: its own replay', copy(20, 3, 5), null, true],
  ['an event that was rejected: a newer copy', copy(30, 3, 5), null, true],
] as const) {
  test(`${expected ? 'superseded' : 'not superseded'}: ${what}`, () => {
    assert.equal(isSuperseded(newest, { receivedAtMs: 20, place }), expected)
  })
}

function copy(receivedAtMs: number, partition: number, offset: number) {
  return { receivedAtMs, generation: 1, partition, offset }
}

test('a note goes where its version is higher than that of the row, or nowhere', () => {
  const log = { generation: 5, partitions: 3 }
  const cases = [
    [5, 7, 7],
    [4, 7, 1],
    [1, 2, 2],
    [6, 0, null],
  ] as const
  for (const [generation, partition, expected] of cases) {
    assert.equal(notePartition({ generation, partition }, log), expected)
  }
})
