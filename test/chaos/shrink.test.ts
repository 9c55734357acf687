import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shrink } from '../../chaos/shrink.ts'

const ALL = Array.from({ length: 41 }, (_, n) => n)

test('a failure that needs one fault is shrunk to that fault, in few runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ALL), async (culprit) => {
      const { smallest, runs, isMinimal } = await shrink(
        ALL,
        async (some) => some.includes(culprit),
        () => true,
      )
      assert.deepEqual(smallest, [culprit])
      assert.equal(isMinimal, true)
      assert.ok(runs <= 12, `${runs} runs`)
    }),
  )
})

test('what is left breaks the run, whatever the failure needs, and nothing can be left out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...ALL), { maxLength: 4 }), async (needed) => {
      const isBroken = async (some: readonly number[]): Promise<boolean> =>
        needed.every((each) => some.includes(each))
      const { smallest, isMinimal } = await shrink(ALL, isBroken, () => true)
      assert.equal(isMinimal, true)
      const expected = needed.length === 0 ? 1 : needed.length
      assert.equal(smallest.length, expected)
      assert.ok(await isBroken(smallest))
    }),
  )
})

test('it never runs more often than allowed, and keeps the best it has', async () => {
  const { smallest, runs, isMinimal } = await shrink(
    ALL,
    async (some) => some.includes(0),
    (sofar) => sofar < 2,
  )
  assert.deepEqual([runs, isMinimal], [2, false])
  assert.deepEqual(smallest, ALL.slice(0, 11))
})
