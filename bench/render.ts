import { tell } from '../tools/plot/tell.ts'
import type { FigureTable } from './figures.ts'

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
