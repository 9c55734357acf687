export type Plot = LinePlot | BarPlot

interface PlotName {
  /** Lower case with hyphens: part of the file's name. */
  readonly name: string
  readonly title: string
  /** What it shows, for those who do not see it. */
  readonly description?: string
}

export interface LinePlot extends PlotName {
  readonly kind: 'lines'
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

/** For each group one bar of each series. */
export interface BarPlot extends PlotName {
  readonly kind: 'bars'
  /** What a bar's height is. */
  readonly y: string
  readonly groups: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

export interface Axis {
  readonly label: string
  /** `days`: days since 1970, told as months. */
  readonly scale: 'linear' | 'log' | 'days'
}

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}
