import type { BarPlot, LinePlot, Plot } from '../plot/kinds.ts'
import { addDays, daysBetween } from './clock.ts'
import type { Recipe } from './recipe.ts'
import type { Row } from './truth/asked.ts'

/** Which columns of an answer are drawn: lines over days, or bars for each value of `x`. */
export interface Picture {
  readonly x: string
  readonly y: readonly string[]
}

const EPOCH = '1970-01-01'
const MOST_BARS = 8

/** An answer as a plot; what it shows is told, too, for those who do not see it. */
export function plotOf(
  { name, title, question }: Recipe,
  { x, y }: Picture,
  rows: readonly Row[],
): Plot {
  const isDay = rows.every((row) => /^\d{4}-\d\d-\d\d$/.test(String(row[x])))
  const named = { name, title }
  const plot = isDay ? { ...named, ...linesOf(x, y, rows) } : { ...named, ...barsOf(x, y, rows) }
  return { ...plot, description: `${question} ${shown(plot)}` }
}

type Unnamed<Kind extends Plot> = Omit<Kind, 'name' | 'title'>

function linesOf(x: string, y: readonly string[], rows: readonly Row[]): Unnamed<LinePlot> {
  const series = y.map((column) => ({
    name: column,
    points: rows.flatMap((row) => pointOf(row, x, column)),
  }))
  const yAxis = { label: y.join(', '), scale: 'linear' } as const
  return { kind: 'lines', x: { label: x, scale: 'days' }, y: yAxis, series }
}

function barsOf(x: string, y: readonly string[], rows: readonly Row[]): Unnamed<BarPlot> {
  const first = rows.slice(0, MOST_BARS)
  const series = y.map((column) => ({
    name: column,
    values: first.map((row) => Number(row[column])),
  }))
  return { kind: 'bars', y: y.join(', '), groups: first.map((row) => String(row[x])), series }
}

function pointOf(row: Row, x: string, y: string): readonly (readonly [number, number])[] {
  const value = row[y]
  return typeof value === 'number' ? [[daysBetween(EPOCH, String(row[x])), value]] : []
}

function shown(plot: Plot): string {
  const lines =
    plot.kind === 'lines'
      ? plot.series.map(lineText)
      : plot.series.map(({ name, values }) => barsText(name, values, plot.groups))
  return lines.join(' ')
}

function lineText({
  name,
  points,
}: {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
}): string {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return `${name}: nothing.`
  const most = points.reduce((one, other) => (other[1] > one[1] ? other : one))
  const when = (day: number): string => addDays(EPOCH, day)
  return `${name}: ${first[1]} on ${when(first[0])}, ${last[1]} on ${when(last[0])}, at most ${most[1]} on ${when(most[0])}.`
}

function barsText(name: string, values: readonly number[], groups: readonly string[]): string {
  return `${name}: ${groups.map((group, index) => `${group} ${values[index] ?? 0}`).join(', ')}.`
}
