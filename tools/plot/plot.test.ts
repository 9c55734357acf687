import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plotSvg } from './plot.ts'

const linear = { label: 'events/s', scale: 'linear' } as const

test('a plot keeps every point inside its frame, and escapes what people wrote', () => {
  const points = [1, 10, 100, 1_000_000].map((x, n) => [x, n * 12_345.6] as const)
  const svg = plotSvg({
    kind: 'lines',
    name: 'accounts',
    title: 'Events & "accounts" < 1 M',
    x: { label: 'accounts', scale: 'log' },
    y: linear,
    series: [{ name: 'one', points }],
  })
  assert.match(svg, /Events &amp; &quot;accounts&quot; &lt; 1 M/)
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)]
  assert.equal(dots.length, points.length)
  for (const [, x, y] of dots) {
    assert.ok(Number(x) >= 92 && Number(x) <= 716, `x ${x}`)
    assert.ok(Number(y) >= 48 && Number(y) <= 316, `y ${y}`)
  }
})

test('many points are a line without dots', () => {
  const points = Array.from({ length: 201 }, (_, x) => [x, x] as const)
  const x = { label: 'hours', scale: 'linear' } as const
  const series = [{ name: 'one', points }]
  const svg = plotSvg({ kind: 'lines', name: 'p', title: 't', x, y: linear, series })
  assert.doesNotMatch(svg, /<circle/)
  assert.equal(/points="([^"]+)"/.exec(svg)?.[1]?.split(' ').length, 201)
})

test('a plot of a single point, and of zeros, is still drawn', () => {
  for (const point of [
    [1, 0],
    [12, 7],
  ] as const) {
    const series = [{ name: 'one', points: [point] }]
    const x = { label: 'instances', scale: 'log' } as const
    assert.doesNotMatch(
      plotSvg({ kind: 'lines', name: 'p', title: 't', x, y: linear, series }),
      /NaN|Infinity/,
    )
  }
})
