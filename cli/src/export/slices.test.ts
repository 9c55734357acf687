import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planSlices } from './slices.ts'
import type { TimeRange } from './sources.ts'

/** Rows in memory, at these moments, each of so many bytes. */
const counting =
  (moments: readonly number[], bytesOfRow: number) =>
  async ({ fromMs, toMs }: TimeRange, stepMs: number) => {
    const rowsByStart = new Map<number, number>()
    for (const ms of moments.filter((each) => each >= fromMs && each < toMs)) {
      const start = Math.floor(ms / stepMs) * stepMs
      rowsByStart.set(start, (rowsByStart.get(start) ?? 0) + 1)
    }
    return [...rowsByStart]
      .toSorted(([one], [other]) => one - other)
      .map(([startMs, rows]) => ({ startMs, rows, bytes: rows * bytesOfRow }))
  }

test('slices hold every row once, in order, and none is larger than a file but for one millisecond', async () => {
  const moment = fc.integer({ min: -100_000_000, max: 300_000_000 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(moment, fc.constantFrom(5, 5_000, 86_400_000)), { maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      async (moments, rowsOfFile) => {
        const range = { fromMs: -90_000_000, toMs: 250_000_001 }
        const inside = moments.filter((ms) => ms >= range.fromMs && ms < range.toMs)
        const slices = await planSlices(counting(moments, 10), range, rowsOfFile * 10)
        let last = range.fromMs
        for (const { fromMs, toMs, rows } of slices) {
          assert.ok(fromMs >= last && toMs > fromMs && toMs <= range.toMs)
          const held = inside.filter((ms) => ms >= fromMs && ms < toMs)
          assert.equal(held.length, rows)
          assert.ok(rows > 0)
          assert.ok(rows <= rowsOfFile || new Set(held).size === 1, `${rows} rows in a file`)
          last = toMs
        }
        assert.equal(
          slices.reduce((sum, { rows }) => sum + rows, 0),
          inside.length,
        )
      },
    ),
  )
})
