import type { FigureTable } from './figures.ts'

/** Three digits are what a measurement on a shared machine is worth. */
export function tell(cell: string | number | null): string {
  if (cell === null) return '—'
  if (typeof cell === 'string') return cell
  if (cell === 0 || Number.isInteger(cell)) return cell.toLocaleString('en')
  const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(cell)))))
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return Number(cell.toPrecision(3)).toLocaleString('en', options)
}

/** For a terminal: numbers to the right, words to the left. */
export function tableText({ name, columns, rows }: FigureTable): string {
  const cells = [columns, ...rows.map((row) => row.map(tell))]
  const widths = columns.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const isNumeric = columns.map((_, column) => rows.every((row) => typeof row[column] !== 'string'))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
  return `${name}\n${lines.join('\n')}\n`
}
