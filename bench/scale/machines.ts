import type { FigureTable } from '../figures.ts'
import { UTILISATION, coresFor, type Costs } from '../sizing.ts'
import { INPUTS, RATES, type Rate } from './inputs.ts'

/** What a rate of events at the peak of the day needs. */
export interface Machines {
  readonly ingest: number
  readonly consumers: number
  readonly partitions: number
  readonly brokers: number
  /** What asks for the most brokers. */
  readonly brokersFor: string
  /** Of ClickHouse, each with its replicas. */
  readonly shards: number
  readonly shardsFor: string
  readonly retentionHours: number
  readonly kafkaTerabytes: number
  /** The same where every batch is large enough to be compressed. */
  readonly compressedTerabytes: number
  readonly clickhouseTerabytes: number
  /** Events as clients send them, in gigabits a second. */
  readonly inGigabits: number
  /** Records between brokers, and to consumers. */
  readonly kafkaGigabits: number
  readonly cores: number
  readonly money: number
}

const HOUR = 3_600
const DAY = 86_400
const MONTH = 30 * DAY
/** As KAFKA_PARTITIONS is by default; and twelve can be shared by 2, 3, 4 and 6. */
const PARTITIONS = 12
/** One may be restarted, where there are no other shards to be looked after. */
const FEWEST_CONSUMERS = 2

export function machinesFor(rate: Rate, { micros, perSecond }: Costs): Machines {
  const { machine, kafkaReplicas, clickhouseReplicas, perMonth } = INPUTS
  const ingest = Math.ceil(coresFor(rate, micros.batched)) + 1
  const mean = rate * INPUTS.meanOfPeak
  const retentionHours = INPUTS.retentionHours[rate]
  const keptTerabytes = (bytes: number): number =>
    (mean * bytes * retentionHours * HOUR * kafkaReplicas) / 1e12
  const kafkaTerabytes = keptTerabytes(INPUTS.recordBytes)
  const clickhouseTerabytes =
    (mean * INPUTS.rowBytes * INPUTS.rowDays * DAY * clickhouseReplicas) / 1e12
  const sentBytes = rate * INPUTS.recordBytes * kafkaReplicas // to the other replicas, and to one reader
  const brokersBy = {
    replicas: kafkaReplicas,
    cores: coresFor(rate, micros.produced * kafkaReplicas + micros.fetched) / machine.cores,
    network: sentBytes / (machine.networkMegabytesPerSecond * 1e6 * UTILISATION),
    disk: kafkaTerabytes / (machine.diskTerabytes * INPUTS.diskUse),
  }
  const [brokers, brokersFor] = most(brokersBy)
  const [shards, shardsFor] = most({
    inserts: (rate * micros.clickhouse) / 1e6 / (machine.cores * INPUTS.insertShare),
    disk:
      clickhouseTerabytes / clickhouseReplicas / (INPUTS.clickhouseDiskTerabytes * INPUTS.diskUse),
  })
  // Each shard has consumers of its own, and counts of partitions are multiples of the shards.
  const ofShard = Math.ceil(rate / shards / (perSecond.consumer * UTILISATION))
  const consumers = Math.max(FEWEST_CONSUMERS, shards * ofShard)
  const together = shards === 1 ? PARTITIONS : shards
  const cores = ingest + consumers + (brokers + shards * clickhouseReplicas) * machine.cores
  const shareOfOtherZones = (kafkaReplicas - 1) / kafkaReplicas
  const meanSentBytes = sentBytes * INPUTS.meanOfPeak
  const terabytesBetweenZones = (shareOfOtherZones * meanSentBytes * MONTH) / 1e12
  return {
    ingest,
    consumers,
    partitions: Math.ceil((2 * consumers) / together) * together,
    brokers,
    brokersFor,
    shards,
    shardsFor,
    retentionHours,
    kafkaTerabytes,
    compressedTerabytes: keptTerabytes(INPUTS.compressedRecordBytes),
    clickhouseTerabytes,
    inGigabits: (rate * INPUTS.jsonBytes * 8) / 1e9,
    kafkaGigabits: (sentBytes * 8) / 1e9,
    cores,
    money:
      cores * perMonth.core +
      (kafkaTerabytes + clickhouseTerabytes) * perMonth.terabyte +
      terabytesBetweenZones * perMonth.terabyteBetweenZones,
  }
}

/** How many of something there must be, and what asks for so many. */
function most(wanted: Readonly<Record<string, number>>): readonly [count: number, why: string] {
  const [why, count] = Object.entries(wanted).reduce((one, other) =>
    other[1] > one[1] ? other : one,
  )
  return [Math.ceil(count), why]
}

/** A column for each rate: there are more things than rates. */
export function machinesTable(costs: Costs): FigureTable {
  const all = RATES.map((rate) => machinesFor(rate, costs))
  const row = (name: string, of: (each: Machines) => string | number) => [name, ...all.map(of)]
  return {
    name: 'machines',
    columns: ['events/s at the peak', ...RATES.map((rate) => rate.toLocaleString('en'))],
    rows: [
      row('processes of ingest, a core each', ({ ingest }) => ingest),
      row('consumers', ({ consumers }) => consumers),
      row('partitions', ({ partitions }) => partitions),
      row('brokers', ({ brokers }) => brokers),
      row('… as many because of', ({ brokersFor }) => brokersFor),
      row('shards of ClickHouse, two replicas each', ({ shards }) => shards),
      row('… as many because of', ({ shardsFor }) => shardsFor),
      row('cores in all', ({ cores }) => cores),
      row('from clients, Gbit/s', ({ inGigabits }) => inGigabits),
      row('out of brokers, Gbit/s', ({ kafkaGigabits }) => kafkaGigabits),
      row('Kafka keeps, hours', ({ retentionHours }) => retentionHours),
      row('… on disk, TB', ({ kafkaTerabytes }) => kafkaTerabytes),
      row('… where all batches are compressed, TB', (each) => each.compressedTerabytes),
      row(`ClickHouse in ${INPUTS.rowDays} days, TB`, (each) => each.clickhouseTerabytes),
      row('money a month', ({ money }) => Math.round(money)),
    ],
  }
}
