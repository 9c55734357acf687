/** The frame of a plot, in the units of its view box. */
export const WIDTH = 760
export const HEIGHT = 400
export const BOX = { left: 92, right: WIDTH - 44, top: 48, bottom: HEIGHT - 84 }

const COLOURS = ['#0b63c5', '#c2410c', '#15803d', '#7e22ce', '#525252']
const GRID = '#e2e2e2'
const TICKS = 6

export function colourOf(series: number): string {
  return COLOURS[series % COLOURS.length] ?? '#222'
}

export interface Frame {
  readonly title: string
  /** What it shows, for those who do not see it. */
  readonly description?: string | undefined
  readonly yLabel: string
}

/** An image on white, so that it reads on dark pages too. */
export function svg({ title, description, yLabel }: Frame, parts: readonly string[]): string {
  const size = `viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`
  const font = 'font-family="system-ui, sans-serif" font-size="13" fill="#222"'
  const name = `role="img" aria-label="${escape(title)}"`
  const middle = (BOX.top + BOX.bottom) / 2
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${name} ${font}>`,
    `<title>${escape(title)}</title>`,
    ...(description === undefined ? [] : [`<desc>${escape(description)}</desc>`]),
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    label(WIDTH / 2, 26, title, 'text-anchor="middle" font-weight="600" font-size="16"'),
    `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

export function label(x: number, y: number, text: string, style = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${escape(text)}</text>`
}

export function columnTick(x: number, text: string): string {
  const name = label(x, BOX.bottom + 20, text, 'text-anchor="middle" font-size="12"')
  return `<line x1="${x}" y1="${BOX.top}" x2="${x}" y2="${BOX.bottom}" stroke="${GRID}"/>${name}`
}

export function rowTick(y: number, text: string): string {
  const name = label(BOX.left - 8, y + 4, text, 'text-anchor="end" font-size="12"')
  return `<line x1="${BOX.left}" y1="${y}" x2="${BOX.right}" y2="${y}" stroke="${GRID}"/>${name}`
}

/** Below the plot, long names two in a row; a single series needs no name. */
export function legend(names: readonly string[]): readonly string[] {
  if (names.length < 2) return []
  const inRow = names.join('').length > LETTERS_IN_ROW ? 2 : names.length
  const rows = Math.ceil(names.length / inRow)
  return names.map((name, series) => {
    const x = round(24 + (series % inRow) * ((WIDTH - 48) / inRow))
    const y = HEIGHT - 18 * (rows - Math.floor(series / inRow))
    return `<circle cx="${x + 6}" cy="${y - 4}" r="5" fill="${colourOf(series)}"/>${label(x + 16, y, name, 'font-size="12"')}`
  })
}

const LETTERS_IN_ROW = 100

/** From zero, so that a height can be compared with another. */
export function linearTicks(values: readonly number[]): readonly number[] {
  const most = Math.max(...values) || 1
  const rough = most / (TICKS - 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(6)))
}

/** Whole powers of ten around the values; between them 2 and 5 where there is room. */
export function logTicks(values: readonly number[]): readonly number[] {
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const last = Math.ceil(Math.log10(Math.max(...values)) - 1e-9)
  const decades = Math.max(1, last - first)
  const steps = decades > 3 ? [1] : [1, 2, 5]
  const ticks = Array.from({ length: decades }, (_, n) => steps.map((s) => s * 10 ** (first + n)))
  return [...ticks.flat(), 10 ** (first + decades)].map((tick) => Number(tick.toPrecision(6)))
}

const DAY_MS = 86_400_000

/** First days of months between the values; of less than two months some days, evenly apart. */
export function dayTicks(values: readonly number[]): readonly number[] {
  const [first, last] = [Math.min(...values), Math.max(...values)]
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const months = days.filter((day) => isoDay(day).endsWith('-01'))
  const [ticks, most] = months.length < 2 ? [days, TICKS] : [months, MOST_MONTHS]
  const step = Math.ceil(ticks.length / most)
  return ticks.filter((_, index) => index % step === 0)
}

const MOST_MONTHS = 12

/** `2026-03` for the first of March, `2026-03-08` for another day. */
export function dayText(day: number): string {
  return isoDay(day).replace(/-01$/, '')
}

function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
