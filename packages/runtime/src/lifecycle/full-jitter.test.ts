import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fullJitter } from './full-jitter.ts'

test('a delay stays between half the base and the maximum, whatever the attempt', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delayMs = fullJitter(attempt, { baseMs: 250, maxMs: 30_000, random: () => random })
      assert(delayMs >= 125 && delayMs <= 30_000, `${delayMs}`)
    }),
  )
})

test('the longest possible delay doubles with each attempt up to the maximum', () => {
  const longest = [0, 1, 2, 3, 10].map((attempt) =>
    fullJitter(attempt, { baseMs: 250, maxMs: 3_000, random: () => 1 }),
  )
  assert.deepEqual(longest, [250, 500, 1_000, 2_000, 3_000])
})
