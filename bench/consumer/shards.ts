import type { Figures, FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { benchConsumer, DRAINED_COLUMNS } from './consumer.ts'
import { ours, oursOnShards } from './contenders.ts'

const ONE = 'one shard, one consumer'
const CROWDED = 'one shard, two consumers'
const SPREAD = 'two shards, a consumer each'
const ONE_CORE = 'one shard on one core'
const CORE_EACH = 'two shards, a core each'

/**
 * The same backlog into one ClickHouse by one consumer, by two, and into two ClickHouses by a consumer each, in turn, round
 * after round; and once more where a ClickHouse and its consumer have one core only, as if that were their machine.
 */
export async function benchShards(options: BenchOptions): Promise<Figures> {
  const { nodeOptions } = options
  const contenders = [
    { ...ours(1, nodeOptions), name: ONE },
    { ...ours(2, nodeOptions), name: CROWDED },
    { ...oursOnShards(2, nodeOptions), name: SPREAD },
    { ...ours(1, nodeOptions), name: ONE_CORE, hasCoreOfItsOwn: true },
    { ...oursOnShards(2, nodeOptions), name: CORE_EACH, hasCoreOfItsOwn: true },
  ]
  const { tables, notes } = await benchConsumer({ ...options, only: '' }, contenders)
  const [ofRecords = ''] = notes // the others are of contenders that are not here
  return shardFigures(tables[0]?.rows ?? [], [ofRecords])
}

/** @param rows of the consumer's table: who, rows/s, µs of CPU per row, … */
export function shardFigures(rows: FigureTable['rows'], notes: readonly string[]): Figures {
  const cell = (name: string, column: number): number =>
    Number(rows.find(([who]) => who === name)?.[column])
  const table: FigureTable = {
    name: 'shards',
    columns: ['what', ...DRAINED_COLUMNS, 'cores in use'],
    rows: rows.map((row) => [...row, coresOf(Number(row[1]), Number(row[2]))]),
  }
  const ratios = {
    'rows/s, two shards against one, a core each': cell(CORE_EACH, 1) / cell(ONE_CORE, 1),
    'rows/s, two shards against one': cell(SPREAD, 1) / cell(ONE, 1),
    'rows/s, two shards against two consumers of one': cell(SPREAD, 1) / cell(CROWDED, 1),
    'rows per CPU-second, two shards against one': cell(ONE, 2) / cell(SPREAD, 2),
  }
  return { tables: [table, ratioTable(ratios)], plots: [], ratios, notes: [...notes, SHARED] }
}

/** Rows a second, times what one costs: with all cores in use, more processes can only share them. */
function coresOf(rowsPerSecond: number, microseconds: number): number {
  return Math.round(rowsPerSecond * microseconds / 1e4) / 100 // prettier-ignore
}

function ratioTable(ratios: Readonly<Record<string, number>>): FigureTable {
  const rows = Object.entries(ratios).map(([name, ratio]) => [name, Math.round(ratio * 100) / 100])
  return { name: 'ratios', columns: ['ratio of medians', 'value'], rows }
}

const SHARED =
  'All shared one Kafka and one disk, and where nothing else is said the cores: two shards then show what a second one costs. ' +
  'With a core each, Kafka has none of its own: it takes from both.'
