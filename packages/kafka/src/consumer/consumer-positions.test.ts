import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutsToKeep, firstCommits, startPositions } from './consumer-positions.ts'

const state = (committed: number | null, earliest: number, latest: number) => ({
  topic: 't',
  partition: 0,
  committed,
  earliest,
  latest,
})

test('reading begins at the commit, without one at the earliest record, and never silently elsewhere', () => {
  const cases = [
    [state(5, 0, 9), 5],
    [state(9, 0, 9), 9],
    [state(3, 3, 9), 3],
    [state(null, 4, 9), 4],
    [state(2, 3, 9), null],
    [state(10, 0, 9), null],
  ] as const
  for (const [partition, expected] of cases) {
    const { positions, outOfRange } = startPositions([partition], 'halt')
    assert.equal(positions[0]?.offset ?? null, expected, JSON.stringify(partition))
    assert.equal(outOfRange.length, expected === null ? 1 : 0)
  }
  assert.equal(startPositions([state(2, 3, 9)], 'earliest').positions[0]?.offset, 3)
})

test('what was gone before the first commit, or is given up, is known to be lost; nothing else is', () => {
  const cases = [
    [state(null, 4, 9), 4],
    [state(2, 3, 9), 3],
    [state(null, 0, 9), 0],
    [state(5, 4, 9), 0],
    [{ ...state(5, 4, 9), lostBefore: 4 }, 4],
    [{ ...state(2, 3, 9), lostBefore: 1 }, 3],
  ] as const
  for (const [partition, expected] of cases) {
    const [position] = startPositions([partition], 'earliest').positions
    assert.equal(position?.lostBefore ?? 0, expected, JSON.stringify(partition))
  }
})

test('where a group begins is committed at once: what is deleted after that is known to be lost', () => {
  const before = state(null, 4, 9)
  const [first] = firstCommits([before, state(5, 0, 9), state(2, 3, 9)])
  assert.deepEqual(first, { topic: 't', partition: 0, offset: 4, lostBefore: 4 })
  const { outOfRange } = startPositions([state(first?.offset ?? null, 7, 9)], 'halt')
  assert.deepEqual(outOfRange, [{ topic: 't', partition: 0, committed: 4, earliest: 7, latest: 9 }])
})

test('a log that was found to end below the commit is read by nobody when it has grown again, until somebody decides', () => {
  const { outOfRange } = startPositions([state(9, 0, 6), state(2, 3, 9)], 'halt')
  const [kept, ...others] = cutsToKeep(outOfRange, 'halt')
  assert.deepEqual([kept, others], [{ topic: 't', partition: 0, offset: 9, cutAt: 6 }, []])
  const grown = { ...state(9, 0, 40), cutAt: 6 }
  const later = startPositions([grown], 'halt')
  assert.deepEqual([later.positions, later.outOfRange], [[], [{ ...grown, committed: 9 }]])
  assert.deepEqual(cutsToKeep(later.outOfRange, 'halt'), [], 'it is committed already')
  const decided = startPositions([{ ...grown, earliest: 3 }], 'earliest')
  assert.equal(decided.positions[0]?.offset, 3)
  assert.deepEqual(
    cutsToKeep(decided.outOfRange, 'earliest'),
    [{ topic: 't', partition: 0, offset: 3, lostBefore: 3 }],
    'it is decided, also where nothing is there to be read',
  )
})
