import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addCodes, parseMoment } from './options.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

for (const [input, expected] of [
  ['90s', NOW - 90_000],
  ['30m', NOW - 1_800_000],
  ['2h', NOW - 7_200_000],
  ['7d', NOW - 604_800_000],
  ['2026-01-31T09:30:00Z', Date.UTC(2026, 0, 31, 9, 30)],
  ['2026-01-31T09:30:00+01:00', Date.UTC(2026, 0, 31, 8, 30)],
  ['2026-01-31', Date.UTC(2026, 0, 31)],
] as const) {
  test(`${input} is a moment`, () => assert.equal(parseMoment(input, NOW), expected))
}

for (const input of ['', 'soon', '2', '2w', '-2h', '1.5h', '1700000000', '2026-02-30', '12:00']) {
  test(`${JSON.stringify(input)} is no moment`, () => {
    assert.throws(() => parseMoment(input, NOW), /2026-01-31T09:30:00Z, or how long ago/)
  })
}

test('codes may be listed and repeated', () => {
  assert.deepEqual(addCodes('c', addCodes('a, b', [])), ['a', 'b', 'c'])
  assert.throws(() => addCodes(' , ', []), /Expected a code/)
})
