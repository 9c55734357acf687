import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spelt, speltLists } from './spelt.ts'

const MAX_QUERY_SIZE = 256 * 1024

test('however long the names are, each list fits into a statement, and none is left out', () => {
  for (const [count, length] of [
    [0, 1],
    [1, 9_900],
    [50, 9_900],
    [3_000, 40],
  ] as const) {
    const names = Array.from({ length: count }, (_, n) => `${n}-${'é'.repeat(length / 2)}`)
    const lists = speltLists(names)
    assert.ok(lists.every((list) => list.length < MAX_QUERY_SIZE - 16 * 1024))
    assert.deepEqual(
      lists.flatMap((list) => list.split(', ')),
      names.map(spelt),
    )
  }
})
