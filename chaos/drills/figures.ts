import { quantile } from '../../bench/quantile.ts'

/** One thing a drill has measured, and what was promised about it. */
export interface Figure {
  readonly name: string
  /** What must hold, in words; `—` when the figure is only told. */
  readonly bound: string
  readonly seen: string
  /** null: only told. */
  readonly isHeld: boolean | null
}

/** A figure that must not be above `most`; NaN, which is what nothing measured gives, does not hold. */
export function atMost(name: string, seen: number, most: number, unit = ''): Figure {
  return {
    name,
    bound: `≤ ${text(most)}${unit}`,
    seen: `${text(seen)}${unit}`,
    isHeld: seen <= most,
  }
}

/** A figure that must not be below `least`. */
export function atLeast(name: string, seen: number, least: number, unit = ''): Figure {
  return {
    name,
    bound: `≥ ${text(least)}${unit}`,
    seen: `${text(seen)}${unit}`,
    isHeld: seen >= least,
  }
}

/** A figure that nothing was promised about. */
export function told(name: string, seen: string | number, unit = ''): Figure {
  const words = typeof seen === 'number' ? text(seen) : seen
  return { name, bound: '—', seen: `${words}${unit}`, isHeld: null }
}

export function areHeld(figures: readonly Figure[]): boolean {
  return figures.every(({ isHeld }) => isHeld !== false)
}

/** A Markdown table: figure | bound | seen | ok. */
export function renderFigures(figures: readonly Figure[]): string {
  const verdict = (isHeld: boolean | null): string =>
    isHeld === null ? '—' : isHeld ? 'yes' : '**NO**'
  const rows = [
    ['figure', 'bound', 'seen', 'ok'],
    ['---', '---', '---', '---'],
    ...figures.map(({ name, bound, seen, isHeld }) => [name, bound, seen, verdict(isHeld)]),
  ]
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The middle one of the values; NaN when there are none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function p99(values: readonly number[]): number {
  return quantile(values, 0.99)
}

function text(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100)
}
