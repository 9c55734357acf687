import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { table } from '../tools/markdown.ts'
import { readKeptFigures, type FigureTable, type SavedFigures } from './figures.ts'
import { plotSvg } from '../tools/plot/plot.ts'
import { tell } from '../tools/plot/tell.ts'
import { costsOf, sizingTable } from './sizing.ts'

const FOLDER = 'docs/figures'
/** What stands between such a pair of comments is made from docs/figures. */
const MARK = /(<!-- figures: (\S+) (\S+) -->)[^]*?(<!-- \/figures -->)/g

/** Every committed plot, by the path of its image. */
export function plotPages(): Readonly<Record<string, () => string>> {
  const benches = (existsSync(FOLDER) ? readdirSync(FOLDER) : []).flatMap((file) =>
    file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [],
  )
  return Object.fromEntries(
    benches.flatMap((bench) =>
      keptFigures(bench).plots.map((plot) => [
        `${FOLDER}/${bench}-${plot.name}.svg`,
        () => plotSvg(plot),
      ]),
    ),
  )
}

/**
 * A page with its figures written anew: `<!-- figures: BENCH TABLE -->` gets that table,
 * `<!-- figures: BENCH origin -->` when, where and how it was measured,
 * `<!-- figures: consumer sizing -->` what to plan for, from the figures of ingest and the consumer.
 */
export function pageWithFigures(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(
    MARK,
    (_, opening: string, bench: string, name: string, closing: string) => {
      const figures = readKeptFigures(bench)
      const part = figures === null ? notYet(name) : partOf(figures, name)
      return part === '' ? `${opening}\n\n${closing}` : `${opening}\n\n${part}\n\n${closing}`
    },
  )
}

/** Said once of several tables: where it would stand when they were measured. */
function notYet(name: string): string {
  return name === 'origin' ? 'Not measured yet.' : ''
}

function partOf(figures: SavedFigures, name: string): string {
  if (name === 'origin') return origin(figures)
  if (name === 'sizing') return markdown(sizingTable(costsOf(keptFigures('ingest'), figures)))
  return markdown(tableNamed(name, figures))
}

function origin({ command, measuredAt, commit, machine, notes }: SavedFigures): string {
  return [`\`${command}\`, ${measuredAt}, commit ${commit}, on ${machine}.`, ...notes].join(' ')
}

function tableNamed(name: string, { bench, tables }: SavedFigures): FigureTable {
  const found = tables.find((each) => each.name === name)
  if (found !== undefined) return found
  const names = tables.map((each) => each.name).join(', ')
  throw new Error(`docs/figures/${bench}.json has no table ${name}, only ${names}`)
}

export function markdown({ columns, rows }: FigureTable): string {
  return table(
    columns,
    rows.map((row) => row.map(tell)),
  )
}

/** @throws when none are kept. */
export function keptFigures(bench: string): SavedFigures {
  const figures = readKeptFigures(bench)
  if (figures === null) throw new Error(`there is no ${FOLDER}/${bench}.json`)
  return figures
}
