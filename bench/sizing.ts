import type { FigureTable, SavedFigures } from './figures.ts'

/** Half: what is left is for peaks, restarts and the other half of a pair that fails. */
export const UTILISATION = 0.5
const RATES = [1_000, 10_000, 50_000, 100_000, 500_000]
const OURS = 'custom-events, through Kafka'
const OUR_CONSUMER = 'our consumer'

/** What the benchmarks saw of one event. */
export interface Costs {
  /** Microseconds of CPU of each part. */
  readonly micros: Readonly<
    Record<'single' | 'batched' | 'produced' | 'consumer' | 'fetched' | 'clickhouse', number>
  >
  /** Of one process each. */
  readonly perSecond: Readonly<Record<'single' | 'batched' | 'consumer', number>>
}

/** @throws when a figure that it needs is not there. */
export function costsOf(ingest: SavedFigures, consumer: SavedFigures): Costs {
  const ofIngest = (load: string, column: string): number => cell(ingest, load, OURS, column)
  const ofConsumer = (column: string): number => cell(consumer, 'consumer', OUR_CONSUMER, column)
  const server = 'µs of CPU per event: server'
  return {
    micros: {
      single: ofIngest('single-events', server),
      batched: ofIngest('batches-of-100', server),
      produced: ofIngest('batches-of-100', 'Kafka'),
      consumer: ofConsumer('of them consumer'),
      fetched: ofConsumer('Kafka'),
      clickhouse: ofConsumer('ClickHouse'),
    },
    perSecond: {
      single: ofIngest('single-events', 'events/s'),
      batched: ofIngest('batches-of-100', 'events/s'),
      consumer: ofConsumer('rows/s'),
    },
  }
}

/** Cores for so many events a second, from the CPU per event that the benchmarks saw. */
export function sizingTable({ micros }: Costs): FigureTable {
  const microsByPart = {
    'ingest, single events': micros.single,
    'ingest, batches of 100': micros.batched,
    'Kafka, from batches': micros.produced,
    consumer: micros.consumer,
    'ClickHouse, inserts': micros.clickhouse,
  }
  return {
    name: 'sizing',
    columns: ['events/s', ...Object.keys(microsByPart)],
    rows: RATES.map((rate) => [
      rate,
      ...Object.values(microsByPart).map((each) => coresText(coresFor(rate, each))),
    ]),
  }
}

/** At the planned use. */
export function coresFor(eventsPerSecond: number, microsPerEvent: number): number {
  return (eventsPerSecond * microsPerEvent) / 1e6 / UTILISATION
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
