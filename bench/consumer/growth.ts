import type { LinePlot } from '../../tools/plot/kinds.ts'
import type { Figures, FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { benchConsumer, DRAINED_COLUMNS } from './consumer.ts'
import { ours } from './contenders.ts'

const BACKLOGS = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
const INSTANCES = [1, 2, 4]
/** A long backlog is its own average. */
const BACKLOG_ROUNDS = 1

/** How many rows a second, and how much memory, as the backlog grows. */
export async function benchBacklog(options: BenchOptions): Promise<Figures> {
  const rows: Row[] = []
  for (const records of options.isTiny ? [1_000, options.records] : BACKLOGS) {
    const one = { ...options, records, rounds: BACKLOG_ROUNDS, only: '' }
    const figures = await benchConsumer(one, [ours(1, options.nodeOptions)])
    rows.push(...rowsOf(figures, [records / 1e6]))
  }
  return growthOf('million records of backlog', 'log', rows)
}

/** The same backlog for more and more instances on this machine. */
export async function benchInstances(options: BenchOptions): Promise<Figures> {
  const contenders = INSTANCES.map((instances) => ours(instances, options.nodeOptions))
  const figures = await benchConsumer({ ...options, only: '' }, contenders)
  return { ...growthOf('instances', 'linear', rowsOf(figures, INSTANCES)), notes: figures.notes }
}

type Row = readonly (string | number | null)[]

/** The rows of the consumer's table, each with what grew in place of its name. */
function rowsOf({ tables }: Figures, grown: readonly number[]): readonly Row[] {
  return (tables[0]?.rows ?? []).map(([, ...cells], index) => [grown[index] ?? null, ...cells])
}

function growthOf(label: string, scale: 'linear' | 'log', rows: readonly Row[]): Figures {
  const table: FigureTable = {
    name: 'sweep',
    columns: [label, ...DRAINED_COLUMNS],
    rows,
  }
  const plot: LinePlot = {
    kind: 'lines',
    name: 'sweep',
    title: `Rows per second by ${label}`,
    x: { label, scale },
    y: { label: 'rows/s', scale: 'linear' },
    series: [{ name: 'custom-events', points: rows.map(([x, y]) => [Number(x), Number(y)]) }],
  }
  return { tables: [table], plots: [plot], ratios: {}, notes: [] }
}
