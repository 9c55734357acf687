import type { FigureTable } from '../figures.ts'
import { UTILISATION, type Costs } from '../sizing.ts'
import { INPUTS } from './inputs.ts'

/** Where something that there is one of, or a fixed number of, has no more to give. */
interface Limit {
  readonly of: string
  readonly eventsPerSecond: number
  readonly answer: string
}

const WEEK = 168 * 3_600
const DEFAULT_PARTITIONS = 12
const MOST_PARTITIONS = 1_000

function limitsOf({ micros, perSecond }: Costs): readonly Limit[] {
  const { machine, kafkaReplicas, meanOfPeak } = INPUTS
  const diskBytes = machine.diskTerabytes * 1e12 * INPUTS.diskUse // a third of the log on each of three brokers, three times
  const network = machine.networkMegabytesPerSecond * 1e6 * UTILISATION
  return [
    {
      of: 'a process of ingest, single events',
      eventsPerSecond: perSecond.single,
      answer: 'clients that batch; then `WORKERS`, then instances',
    },
    {
      of: 'the disks of three brokers, a week, not compressed',
      eventsPerSecond: diskBytes / (INPUTS.recordBytes * WEEK * meanOfPeak),
      answer: 'compressed batches',
    },
    {
      of: 'the disks of three brokers, a week, compressed',
      eventsPerSecond: diskBytes / (INPUTS.compressedRecordBytes * WEEK * meanOfPeak),
      answer: 'a shorter retention, more brokers, or tiered storage',
    },
    {
      of: 'a process of ingest, batches of 100',
      eventsPerSecond: perSecond.batched,
      answer: '`WORKERS`, then instances',
    },
    {
      of: 'a consumer, and so a partition, and so an account',
      eventsPerSecond: perSecond.consumer,
      answer:
        'more consumers. An account alone cannot have more: it lives in one partition, for its order',
    },
    {
      of: 'a ClickHouse that has a quarter of its cores for inserts',
      eventsPerSecond: (machine.cores * INPUTS.insertShare) / (micros.clickhouse / 1e6),
      answer: 'a larger machine; then [shards](#shards)',
    },
    {
      of: `the disk of a ClickHouse, ${INPUTS.rowDays} days of rows`,
      eventsPerSecond:
        (INPUTS.clickhouseDiskTerabytes * 1e12 * INPUTS.diskUse) /
        (INPUTS.rowBytes * INPUTS.rowDays * 86_400 * meanOfPeak),
      answer:
        '[shorter retention](operators.md#how-long-rows-are-kept), object storage, [shards](#shards)',
    },
    {
      of: 'the network of one balancer, events as JSON',
      eventsPerSecond: network / INPUTS.jsonBytes,
      answer: 'gzip, several balancers behind one name',
    },
    {
      of: `${DEFAULT_PARTITIONS} partitions, a consumer each`,
      eventsPerSecond: DEFAULT_PARTITIONS * perSecond.consumer,
      answer: '`npm run topic -- grow`',
    },
    {
      of: 'the network of three brokers',
      eventsPerSecond: (network * 3) / (INPUTS.recordBytes * kafkaReplicas),
      answer: 'more brokers',
    },
    {
      of: `${MOST_PARTITIONS.toLocaleString('en')} partitions, the most there may be`,
      eventsPerSecond: MOST_PARTITIONS * perSecond.consumer,
      answer: '[several pipelines](#several-pipelines)',
    },
  ]
}

/** In the order in which a growing site meets them. */
export function limitsTable(costs: Costs): FigureTable {
  const limits = limitsOf(costs).toSorted(
    (one, other) => one.eventsPerSecond - other.eventsPerSecond,
  )
  return {
    name: 'limits',
    columns: ['at events/s', 'what has no more to give', 'the answer'],
    rows: limits.map((each) => [twoDigits(each.eventsPerSecond), each.of, each.answer]),
  }
}

/** More would be more than is known. */
function twoDigits(value: number): number {
  return Number(value.toPrecision(2))
}
