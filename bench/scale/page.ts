import { readFileSync } from 'node:fs'
import { plotSvg } from '../../tools/plot/plot.ts'
import type { FigureTable } from '../figures.ts'
import { keptFigures, markdown } from '../pages.ts'
import { costsOf } from '../sizing.ts'
import { readScalingRule } from './autoscaler/scaled-object.ts'
import { INPUTS } from './inputs.ts'
import { limitsTable } from './limits.ts'
import { machinesTable } from './machines.ts'
import { simulateDay, type Day } from './simulation/day.ts'
import { behindPlot, consumersPlot, faultsTable, scalingTable } from './simulation/report.ts'
import { FORMER_THRESHOLD, forPartitions, usualDay } from './simulation/usual-day.ts'

const PAGE = 'docs/scale.md'
/** What stands between such a pair of comments is computed, from docs/figures, the manifest and inputs.ts. */
const MARK = /(<!-- made: (\S+) -->)[^]*?(<!-- \/made -->)/g

/** docs/scale.md and its plots. */
export function scalePages(): Readonly<Record<string, () => string>> {
  const made = once(makeAll)
  return {
    [PAGE]: () => pageWithTables(readFileSync(PAGE, 'utf8'), made().tables),
    'docs/figures/scale/behind.svg': () => plotSvg(made().plots.behind),
    'docs/figures/scale/consumers.svg': () => plotSvg(made().plots.consumers),
  }
}

/** @throws when the page has a mark of a table that is not made. */
function pageWithTables(page: string, tables: readonly FigureTable[]): string {
  return page.replaceAll(MARK, (_, opening: string, name: string, closing: string) => {
    const table = tables.find((each) => each.name === name)
    if (table === undefined) throw new Error(`${PAGE}: nothing is made of the name ${name}`)
    return `${opening}\n\n${markdown(table)}\n\n${closing}`
  })
}

function makeAll() {
  const costs = costsOf(keptFigures('ingest'), keptFigures('consumer'))
  const scenario = usualDay(costs, keptFigures('half-load'))
  const rule = forPartitions(readScalingRule(), scenario)
  const withFaults = simulateDay(scenario, rule)
  const calm = { ...scenario, faults: [] }
  const days: ReadonlyMap<string, Day> = new Map(
    [rule.lagThreshold, FORMER_THRESHOLD].map((lagThreshold) => [
      `a consumer for ${lagThreshold.toLocaleString('en')} records of lag`,
      simulateDay(calm, { ...rule, lagThreshold }),
    ]),
  )
  return {
    tables: [
      machinesTable(costs),
      limitsTable(costs),
      inputsTable(),
      faultsTable(scenario, withFaults),
      scalingTable(days),
    ],
    plots: { behind: behindPlot(scenario, withFaults), consumers: consumersPlot(days) },
  }
}

function inputsTable(): FigureTable {
  const { machine, retentionHours: _, perMonth, ...rest } = INPUTS
  const prices = Object.entries(perMonth).map(
    ([name, price]) => [`perMonth.${name}`, price] as const,
  )
  const all = [...Object.entries(rest), ...Object.entries(machine), ...prices]
  return {
    name: 'inputs',
    columns: ['input', 'value'],
    rows: all.map(([name, value]) => [`\`${name}\``, value]),
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}
