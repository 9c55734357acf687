import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { putTime, timeAt } from './ranges.ts'
import { scanBody } from './scan-body.ts'

test('bodies that share an array keep their events, whatever else is read before and behind them', () => {
  const body = fc.record({
    count: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 700, max: 2_500 })),
    isBroken: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(body, { minLength: 5, maxLength: 15 }), (bodies) => {
      const read = bodies.map(({ count, isBroken }, number) => {
        const texts = Array.from({ length: count }, (_, index) => eventText(number, index))
        const bytes = Buffer.from(`[${texts.join()}${isBroken ? ',' : ''}]`)
        return { texts, found: scanBody(bytes, 2_500), isBroken }
      })
      for (const { texts, found, isBroken } of read) {
        if (isBroken) assert.equal(found, null)
        else
          assert.deepEqual(
            found?.events.map(({ text }) => text),
            texts,
          )
      }
    }),
    { numRuns: 30 },
  )
})

function eventText(body: number, index: number): string {
  return `{"event":"e${body}","group_id":"${index}"${' '.repeat((body * index) % 7)}}`
}

test('a time is kept exactly', () => {
  const ints = new Int32Array([7, -1, -1, 7])
  assert.equal(timeAt(ints, 1), -1)
  fc.assert(
    fc.property(fc.maxSafeNat(), (ms) => {
      putTime(ints, 1, ms)
      assert.equal(timeAt(ints, 1), ms)
      assert.deepEqual([ints[0], ints[3]], [7, 7])
    }),
  )
})
