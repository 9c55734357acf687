import type { FigureTable, SavedFigures } from './figures.ts'

/** Half: what is left is for peaks, restarts and the other half of a pair that fails. */
const UTILISATION = 0.5
const RATES = [1_000, 10_000, 50_000, 100_000, 500_000]
const OURS = 'custom-events, through Kafka'
const OUR_CONSUMER = 'our consumer'

/**
 * Cores for so many events a second, from the CPU per event that the benchmarks saw.
 *
 * @throws when a figure that it needs is not there.
 */
export function sizingTable(ingest: SavedFigures, consumer: SavedFigures): FigureTable {
  const single = 'µs of CPU per event: server'
  const microsByPart = {
    'ingest, single events': cell(ingest, 'single-events', OURS, single),
    'ingest, batches of 100': cell(ingest, 'batches-of-100', OURS, single),
    'Kafka, from batches': cell(ingest, 'batches-of-100', OURS, 'Kafka'),
    consumer: cell(consumer, 'consumer', OUR_CONSUMER, 'of them consumer'),
    'ClickHouse, inserts': cell(consumer, 'consumer', OUR_CONSUMER, 'ClickHouse'),
  }
  return {
    name: 'sizing',
    columns: ['events/s', ...Object.keys(microsByPart)],
    rows: RATES.map((rate) => [
      rate,
      ...Object.values(microsByPart).map((micros) =>
        coresText((rate * micros) / 1e6 / UTILISATION),
      ),
    ]),
  }
}

/** To a tenth, rounded up; a core that is hardly used is still there. */
function coresText(cores: number): string {
  return cores < 0.1 ? '< 0.1' : (Math.ceil(cores * 10) / 10).toFixed(1)
}

function cell({ bench, tables }: SavedFigures, name: string, row: string, column: string): number {
  const table = tables.find((each) => each.name === name)
  const at = table?.columns.indexOf(column) ?? -1
  const value = table?.rows.find(([first]) => first === row)?.[at]
  if (typeof value === 'number') return value
  throw new Error(
    `docs/figures/${bench}.json has no number in ${name}, row ${row}, column ${column}`,
  )
}
