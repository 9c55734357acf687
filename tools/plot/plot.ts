import type { Axis, BarPlot, LinePlot, Plot, Series } from './kinds.ts'
import { tell } from './tell.ts'
import {
  BOX,
  colourOf,
  columnTick,
  dayText,
  dayTicks,
  label,
  legend,
  linearTicks,
  logTicks,
  round,
  rowTick,
  svg,
} from './svg.ts'

/** A plot as an SVG image. */
export function plotSvg(plot: Plot): string {
  return plot.kind === 'lines' ? lines(plot) : bars(plot)
}

interface Scale {
  readonly place: (value: number) => number
  readonly ticks: readonly number[]
  readonly tellTick: (tick: number) => string
}

function lines({ title, description, x, y, series }: LinePlot): string {
  const xScale = scaleOf(x.scale, valuesOf(series, 0), [BOX.left, BOX.right])
  const yScale = scaleOf(y.scale, valuesOf(series, 1), [BOX.bottom, BOX.top])
  return svg({ title, description, yLabel: y.label }, [
    ...xScale.ticks.map((value) => columnTick(xScale.place(value), xScale.tellTick(value))),
    ...yScale.ticks.map((value) => rowTick(yScale.place(value), yScale.tellTick(value))),
    label((BOX.left + BOX.right) / 2, BOX.bottom + 42, x.label, 'text-anchor="middle"'),
    ...series.map(({ points }, index) => {
      const places = points.map(([px, py]) => [xScale.place(px), yScale.place(py)] as const)
      return line(places, colourOf(index))
    }),
    ...legend(series.map(({ name }) => name)),
  ])
}

/** More would be a thick line. */
const MOST_DOTS = 200

function line(places: readonly (readonly [number, number])[], colour: string): string {
  const path = places.map(([x, y]) => `${x},${y}`).join(' ')
  const dots = (places.length > MOST_DOTS ? [] : places).map(
    ([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`,
  )
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`
}

/** Each bar carries its value: heights alone are hard to read. */
function bars({ title, description, y, groups, series }: BarPlot): string {
  const all = series.flatMap(({ values }) => values)
  const scale = scaleOf('linear', all, [BOX.bottom, BOX.top])
  const groupWidth = (BOX.right - BOX.left) / groups.length
  const barWidth = (groupWidth * 0.8) / series.length
  const drawn = series.flatMap(({ values }, index) =>
    values.map((value, group) => {
      const left = round(BOX.left + group * groupWidth + groupWidth * 0.1 + index * barWidth)
      const top = scale.place(value)
      const size = `width="${round(barWidth - 3)}" height="${round(BOX.bottom - top)}"`
      const text = label(
        left + barWidth / 2,
        top - 5,
        tell(value),
        'text-anchor="middle" font-size="12"',
      )
      return `<rect x="${left}" y="${top}" ${size} fill="${colourOf(index)}"/>${text}`
    }),
  )
  const names = groups.map((name, group) =>
    label(BOX.left + (group + 0.5) * groupWidth, BOX.bottom + 20, name, 'text-anchor="middle"'),
  )
  const ticks = scale.ticks.map((value) => rowTick(scale.place(value), scale.tellTick(value)))
  return svg({ title, description, yLabel: y }, [
    ...ticks,
    ...drawn,
    ...names,
    ...legend(series.map(({ name }) => name)),
  ])
}

function valuesOf(series: readonly Series[], part: 0 | 1): readonly number[] {
  return series.flatMap(({ points }) => points.map((point) => point[part]))
}

function scaleOf(
  kind: Axis['scale'],
  values: readonly number[],
  [from, to]: readonly [number, number],
): Scale {
  const ticks = TICKS[kind](values)
  const position = kind === 'log' ? Math.log10 : (value: number) => value
  const [low, high] =
    kind === 'days'
      ? [Math.min(...values), Math.max(...values)]
      : [position(ticks[0] ?? 0), position(ticks.at(-1) ?? 1)]
  const place = (value: number): number =>
    round(from + ((position(value) - low) / (high - low || 1)) * (to - from))
  const tellTick = kind === 'days' ? dayText : (tick: number): string => tick.toLocaleString('en')
  return { place, ticks, tellTick }
}

const TICKS = { linear: linearTicks, log: logTicks, days: dayTicks } as const
