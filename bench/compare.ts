import type { FigureTable } from './figures.ts'

type Ratios = Readonly<Record<string, number>>

export interface Comparison {
  readonly name: string
  readonly committed: number
  /** `null`: this run did not measure it. */
  readonly seen: number | null
  readonly isWorse: boolean
}

/** How far a ratio may fall before somebody must look; machines and runs differ by less. */
export const ALLOWED_LOSS = 0.15

/** Every committed ratio against the one just seen. A ratio that is not measured any more is worse. */
export function compareRatios(committed: Ratios, seen: Ratios): readonly Comparison[] {
  return Object.entries(committed).map(([name, before]) => {
    const now = seen[name] ?? null
    const isKept = now !== null && now >= before * (1 - ALLOWED_LOSS)
    return { name, committed: before, seen: now, isWorse: !isKept }
  })
}

export function comparisonTable(bench: string, comparisons: readonly Comparison[]): FigureTable {
  return {
    name: `${bench}: this run against the committed figures`,
    columns: ['ratio', 'committed', 'now', 'change', ''],
    rows: comparisons.map(({ name, committed, seen, isWorse }) => [
      name,
      committed,
      seen,
      seen === null ? '—' : `${((seen / committed - 1) * 100).toFixed(0)} %`,
      isWorse ? 'WORSE' : 'ok',
    ]),
  }
}
