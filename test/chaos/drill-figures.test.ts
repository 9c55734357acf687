import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  areHeld,
  atLeast,
  atMost,
  median,
  p99,
  renderFigures,
  told,
} from '../../chaos/drills/figures.ts'

test('a figure holds on its bound and not beyond it', () => {
  assert.equal(atMost('x', 50, 50).isHeld, true)
  assert.equal(atMost('x', 50.001, 50).isHeld, false)
  assert.equal(atLeast('x', 0.8, 0.8).isHeld, true)
  assert.equal(atLeast('x', 0.799, 0.8).isHeld, false)
})

test('what could not be measured does not hold', () => {
  for (const seen of [p99([]), median([]), Number.NaN]) {
    assert.equal(atMost('x', seen, 50).isHeld, false)
    assert.equal(atLeast('x', seen, 50).isHeld, false)
  }
})

test('p99 is the value that one of a hundred is beyond', () => {
  const values = Array.from({ length: 200 }, (_, n) => 200 - n)
  assert.equal(p99(values), 198)
  assert.equal(median(values), 100)
})

test('the table names every figure, its bound and the verdict; one miss decides', () => {
  const figures = [
    atMost('slowest', 9.123, 7.5, ' s'),
    atLeast('share', 1, 0.8),
    told('peak', 1234.6),
  ]
  assert.equal(
    renderFigures(figures),
    [
      '| figure | bound | seen | ok |',
      '| --- | --- | --- | --- |',
      '| slowest | ≤ 7.5 s | 9.12 s | **NO** |',
      '| share | ≥ 0.8 | 1 | yes |',
      '| peak | — | 1235 | — |',
    ].join('\n'),
  )
  assert.equal(areHeld(figures), false)
  assert.equal(areHeld(figures.slice(1)), true)
})
