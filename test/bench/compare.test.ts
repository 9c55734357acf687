import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRatios } from '../../bench/compare.ts'

test('a ratio may fall by 15 % and no further; a better one is fine', () => {
  const verdicts = (seen: Record<string, number>) =>
    compareRatios({ single: 0.6 }, seen).map(({ isWorse }) => isWorse)
  for (const [seen, isWorse] of [
    [0.6, false],
    [0.9, false],
    [0.511, false],
    [0.509, true],
    [0, true],
    [Number.NaN, true],
  ] as const) {
    assert.deepEqual(verdicts({ single: seen }), [isWorse], `${seen} against 0.6`)
  }
})

test('a committed ratio that was not measured counts as fallen; a new one is not judged', () => {
  assert.deepEqual(compareRatios({ single: 0.6 }, { batches: 0.3 }), [
    { name: 'single', committed: 0.6, seen: null, isWorse: true },
  ])
})
