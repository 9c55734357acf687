import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IRREGULAR } from '../json/bytes.ts'
import { OpenPart } from './open-part.ts'

test('a key that is there twice is found, however many keys lie around it', () => {
  const shape = fc.record({
    outer: fc.integer({ min: 0, max: 63 }),
    inner: fc.integer({ min: 1, max: 62 }),
    twice: fc.option(fc.nat()),
  })
  fc.assert(
    fc.property(shape, ({ outer, inner, twice }) => {
      const again = twice === null ? [] : [`"i${twice % inner}":0`]
      const inside = `{${[...keys('i', inner), ...again].join()}}`
      const text = `{${[...keys('o', outer), `"in":${inside}`].join()}}`
      assert.equal(endOf(text), twice === null ? text.length : IRREGULAR)
    }),
    { numRuns: 500 },
  )
})

function keys(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `"${prefix}${index}":${index}`)
}

function endOf(text: string): number {
  return new OpenPart(Buffer.from(text)).take(0)
}
