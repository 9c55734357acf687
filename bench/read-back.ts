import { createClickHouse, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { eventAvroSchema } from '@custom-events/codec'
import { startClickHouse } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import { avroRoute, type Route } from '../services/consumer/src/read/route.ts'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { cpuSecondsOfTree } from './process-tree.ts'
import { median } from './quantile.ts'
import { interleaved } from './rounds.ts'

const PARTITIONS = 12
const GENERATION = 1
/** All rows lie within one month, which is one partition of the table: the largest that a read-back may have to look at. */
const FIRST_MS = Date.UTC(2026, 0, 2)
const LAST_MS = Date.UTC(2026, 0, 30)
const INSERTS = 50
const SIZES = { full: [100_000, 1_000_000, 3_000_000], tiny: [20_000] }
const BATCHES = { full: [1_000, 100_000], tiny: [1_000] }
const CPU_NEEDS_SECONDS = 0.5
const MERGE_ATTEMPTS = 10

interface Case {
  readonly rows: number
  /** Of the table. */
  readonly parts: number
  readonly batch: number
  /** Whether the records of the batch are rows already; mostly none is. */
  readonly present: 'none' | 'all'
}

type Server = Awaited<ReturnType<typeof startClickHouse>>

interface Seen {
  readonly wallMs: number
  readonly serverCpuMs: number
  readonly ownCpuMs: number
}

/** What it costs to ask ClickHouse which records of a batch are there, by size of table and batch. */
export async function benchReadBack(options: BenchOptions): Promise<Figures> {
  const { isTiny, say } = options
  await using server = await startClickHouse()
  const cases = new Map<string, Case>()
  const measures: Record<string, () => Promise<Seen>> = {}
  await using tables = new AsyncDisposableStack()
  for (const rows of isTiny ? SIZES.tiny : SIZES.full) {
    for (const isMerged of [false, true]) {
      const clickhouse = tables.use(await fill(server.environment, { rows, isMerged }))
      const parts = await partsOf(clickhouse)
      say(`a table of ${rows} rows in ${parts} parts`)
      for (const batch of isTiny ? BATCHES.tiny : BATCHES.full) {
        for (const present of ['none', 'all'] as const) {
          const each = { rows, parts, batch: Math.min(batch, rows), present }
          const name = `${rows} rows in ${parts} parts, ${batch} records, ${present} there`
          cases.set(name, each)
          measures[name] = () => measured(each, { clickhouse, pid: server.pid })
        }
      }
    }
  }
  const seen = await interleaved(measures, options, ({ wallMs }) => `${wallMs.toFixed(1)} ms`)
  return figures(cases, seen)
}

const route: Route = avroRoute({
  topic: 'bench',
  table: 'events',
  readerSchema: eventAvroSchema,
  registry: { schema: () => Promise.reject(new Error('nothing is decoded here')) },
}).of({ topic: 'bench', topicId: 'bench', clusterId: 'bench', generation: GENERATION })

/** A database with the product's own tables, and rows as they come: 300 accounts, in the order of their receipt. */
async function fill(
  environment: Server['environment'],
  { rows, isMerged }: { readonly rows: number; readonly isMerged: boolean },
): Promise<ClickHouse> {
  const clickhouse = createClickHouse({
    ...environment,
    CLICKHOUSE_DATABASE: `bench_${rows}_${isMerged ? 'merged' : 'parts'}`,
  })
  await migrate({ clickhouse, log: createLogger({ service: 'bench', level: 'error' }) })
  if (!isMerged) await clickhouse.command('SYSTEM STOP MERGES events')
  const size = Math.ceil(rows / INSERTS)
  for (let from = 0; from < rows; from += size) {
    await clickhouse.command(
      `INSERT INTO events (group_id, event, timestamp, event_id, user_id, set_received_at, properties, context,
         extra, source, kafka_partition, version)
       SELECT concat('account_', toString(number % 300)), 'feature_used', at, toString(generateUUIDv4()), 'user',
         at, '{"feature_name":"export"}', '{}', '{}', '', number % {partitions:UInt32},
         bitShiftLeft(toUInt64({generation:UInt16}), 48) + intDiv(number, {partitions:UInt32})
       FROM (SELECT number, fromUnixTimestamp64Milli({first:Int64} + intDiv(number * {span:Int64}, {rows:Int64})) AS at
             FROM numbers({from:UInt64}, {count:UInt64}))`,
      {
        partitions: PARTITIONS,
        generation: GENERATION,
        first: FIRST_MS,
        span: LAST_MS - FIRST_MS,
        rows,
        from,
        count: Math.min(size, rows - from),
      },
    )
  }
  if (isMerged) await mergeAll(clickhouse)
  return clickhouse
}

/** A merge may take longer than a request may: then it goes on, and is looked at again. */
async function mergeAll(clickhouse: ClickHouse): Promise<void> {
  for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt++) {
    await clickhouse.command('OPTIMIZE TABLE events FINAL').catch(() => {})
    if ((await partsOf(clickhouse)) === 1) return
  }
  throw new Error(`${clickhouse.database}.events could not be merged into one part`)
}

async function partsOf(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ parts: string }>(
    `SELECT toString(count()) AS parts FROM system.parts
     WHERE active AND table = 'events' AND database = {database:String}`,
    { database: clickhouse.database },
  )
  return Number(row?.parts)
}

/** The same question again and again, until its CPU time can be told from nothing. */
async function measured(
  { rows, batch, present }: Case,
  { clickhouse, pid }: { readonly clickhouse: ClickHouse; readonly pid: number },
): Promise<Seen> {
  const question = questionAbout({ rows, batch, present })
  const expected = present === 'all' ? batch : 0
  const walls: number[] = []
  const startedAt = performance.now()
  const serverBefore = cpuSecondsOfTree(pid)
  const before = process.cpuUsage()
  while (performance.now() - startedAt < CPU_NEEDS_SECONDS * 1_000 || walls.length < 2) {
    const askedAt = performance.now()
    const found = await clickhouse.recordsPresent(question)
    walls.push(performance.now() - askedAt)
    const count = [...found.values()].reduce((sum, offsets) => sum + offsets.size, 0)
    if (count !== expected) throw new Error(`${count} of ${expected} records were found`)
  }
  const { user, system } = process.cpuUsage(before)
  return {
    wallMs: median(walls),
    serverCpuMs: ((cpuSecondsOfTree(pid) - serverBefore) * 1_000) / walls.length,
    ownCpuMs: (user + system) / 1_000 / walls.length,
  }
}

/** About the newest rows, or about the records that would come after them in the same minutes. */
function questionAbout({ rows, batch, present }: Omit<Case, 'parts'>) {
  const first = present === 'all' ? rows - batch : rows
  const time = {
    minMs: FIRST_MS + Math.floor(((rows - batch) * (LAST_MS - FIRST_MS)) / rows),
    maxMs: LAST_MS,
  }
  const ranges = Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    from: Math.ceil((first - partition) / PARTITIONS),
    to: Math.ceil((first + batch - partition) / PARTITIONS) - 1,
  }))
  const { table, timeColumn, identity } = route
  return { table, generation: GENERATION, timeColumn, identity, ranges, time }
}

function figures(
  cases: ReadonlyMap<string, Case>,
  seen: Readonly<Record<string, readonly Seen[]>>,
): Figures {
  const rows = [...cases].map(([name, { rows: size, parts, batch, present }]) => {
    const of = (field: keyof Seen): number => median((seen[name] ?? []).map((each) => each[field]))
    const [wall, server, own] = [of('wallMs'), of('serverCpuMs'), of('ownCpuMs')]
    return [size, parts, batch, present, wall, server, own, ((server + own) * 1_000) / batch]
  })
  return {
    tables: [
      {
        name: 'read-back',
        columns: [
          'rows in the table',
          'parts',
          'records in the batch',
          'of them there',
          'answered after, ms',
          'CPU of ClickHouse, ms',
          'CPU of the consumer, ms',
          'CPU per record, µs',
        ],
        rows,
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `Rows of one month and 300 accounts over ${PARTITIONS} partitions of the topic, asked about with the consumer's own ` +
        'question: the newest of them, or those that come next in the same minutes. Every answer is compared with what is ' +
        'there. ClickHouse is the embedded engine; nothing is pinned.',
    ],
  }
}
