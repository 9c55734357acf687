import type { Plot } from '../../bench/figures.ts'
import { addDays, daysBetween } from './clock.ts'
import type { Row } from './truth/asked.ts'

/** Which columns of an answer are drawn: lines over days, or bars for each value of `x`. */
export interface Picture {
  readonly x: string
  readonly y: readonly string[]
}

const EPOCH = '1970-01-01'
const MOST_BARS = 8

export interface Drawn {
  /** Lower case with hyphens. */
  readonly name: string
  readonly title: string
  readonly picture: Picture
  readonly rows: readonly Row[]
}

export function plotOf({ name, title, picture: { x, y }, rows }: Drawn): Plot {
  const isDay = rows.every((row) => /^\d{4}-\d\d-\d\d$/.test(String(row[x])))
  if (isDay) {
    const series = y.map((column) => ({
      name: column,
      points: rows.flatMap((row) => pointOf(row, x, column)),
    }))
    const axis = { label: x, scale: 'days' } as const
    return {
      kind: 'lines',
      name,
      title,
      x: axis,
      y: { label: y.join(', '), scale: 'linear' },
      series,
    }
  }
  const shown = rows.slice(0, MOST_BARS)
  const series = y.map((column) => ({
    name: column,
    values: shown.map((row) => Number(row[column])),
  }))
  return {
    kind: 'bars',
    name,
    title,
    y: y.join(', '),
    groups: shown.map((row) => String(row[x])),
    series,
  }
}

function pointOf(row: Row, x: string, y: string): readonly (readonly [number, number])[] {
  const value = row[y]
  return typeof value === 'number' ? [[daysBetween(EPOCH, String(row[x])), value]] : []
}

/** What a picture shows, for those who do not see it. */
export function describePlot(plot: Plot): string {
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
