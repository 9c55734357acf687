import { createClickHouse, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { clickhouseHeaders, startClickHouse } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { cpuMicrosOfTree } from '../process-tree.ts'
import { median } from '../quantile.ts'
import { interleaved } from '../rounds.ts'
import { countRollups, fill, mergeMonths, mostParts } from './fill.ts'
import { insertCost } from './insert-cost.ts'
import { trickle } from './late-rows.ts'
import { questions, type Question } from './questions.ts'

/** So many events for each record that other benchmarks drain: 21 million. */
const TIMES_RECORDS = 21
const LATE_ROWS = { everyMs: 5_000, months: ['202601', '202604'] }
/** What no question may need more than. */
const MEMORY_BYTES = 2_000_000_000

interface Seen {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  /** Of ClickHouse; '' when it answered. */
  readonly refusal: string
}

type Server = Awaited<ReturnType<typeof startClickHouse>>

/** What questions of analysts cost over thirteen months of events, with nothing late and with late rows trickling in. */
export async function benchAnalysts(options: BenchOptions): Promise<Figures> {
  const { say, only, isTiny } = options
  const rows = options.records * TIMES_RECORDS
  await using server = await startClickHouse()
  await using clickhouse = createClickHouse({ ...server.environment, CLICKHOUSE_DATABASE: 'bench' })
  await migrate({ clickhouse, log: createLogger({ service: 'bench', level: 'error' }) })
  const filledFrom = performance.now()
  await fill(clickhouse, { rows, say })
  say(`filled in ${seconds(filledFrom)} s; now months are merged`)
  await mergeMonths(clickhouse)
  say(`merged after ${seconds(filledFrom)} s; now the rollups are counted`)
  await countRollups(clickhouse)
  say(`counted after ${seconds(filledFrom)} s`)
  const insert = await insertCost({
    filled: clickhouse,
    environment: server.environment,
    pid: server.pid,
    rounds: isTiny ? 1 : 3,
  })
  say(`an insert costs ${insert.alone.toFixed(2)} µs a row`)

  const asked = questions(only)
  const still = await askAll(asked, { server, options })
  await using late = trickle(clickhouse, LATE_ROWS)
  const trickling = await askAll(asked, { server, options })
  const bytes = await bytesPerRow(clickhouse)
  return {
    tables: [questionTable(asked, still, trickling), wholeTable({ rows, bytes, insert })],
    plots: [],
    ratios: {},
    notes: [
      `${rows} generated events and 1.5 % of them again (bench/analysts/events.sql) in the embedded engine; each month one part, but ` +
        `beside late rows ${LATE_ROWS.months.join(' and ')}, where a retry came every ${LATE_ROWS.everyMs / 1_000} s ` +
        `(${late.inserted()} in all, at most ${await mostParts(clickhouse)} parts). CPU is that of the engine's process, with the refreshes of rollups ` +
        `and catalogue that fall into it; each question may use ${MEMORY_BYTES / 1e9} GB, unless it sets its own limit.`,
    ],
  }
}

const seconds = (from: number): string => ((performance.now() - from) / 1_000).toFixed(0)

function askAll(
  asked: readonly Question[],
  { server, options }: { readonly server: Server; readonly options: BenchOptions },
): Promise<Readonly<Record<string, readonly Seen[]>>> {
  const measures = asked.map((each) => [each.name, () => ask(each, server)])
  return interleaved(
    Object.fromEntries(measures) as Record<string, () => Promise<Seen>>,
    { rounds: Math.min(options.rounds, 3), say: options.say },
    ({ cpuSeconds, wallSeconds, refusal }) =>
      `${cpuSeconds.toFixed(2)} s of CPU, ${wallSeconds.toFixed(2)} s ${refusal}`,
  )
}

async function ask({ sql, params }: Question, server: Server): Promise<Seen> {
  const search = new URLSearchParams({
    database: 'bench',
    default_format: 'Null',
    max_memory_usage: String(MEMORY_BYTES),
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [`param_${name}`, value])),
  })
  const before = cpuMicrosOfTree(server.pid)
  const startedAt = performance.now()
  const response = await fetch(`${server.environment.CLICKHOUSE_URL}/?${String(search)}`, {
    method: 'POST',
    headers: clickhouseHeaders(server.environment),
    body: sql,
  })
  const text = await response.text()
  return {
    cpuSeconds: (cpuMicrosOfTree(server.pid) - before) / 1e6,
    wallSeconds: (performance.now() - startedAt) / 1_000,
    refusal: response.ok ? '' : text.slice(0, 120),
  }
}

async function bytesPerRow(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ bytes: string }>(
    `SELECT toString(sum(bytes_on_disk) / sum(rows)) AS bytes FROM system.parts
     WHERE active AND table = 'events' AND database = currentDatabase()`,
  )
  return Number(row?.bytes)
}

function questionTable(
  asked: readonly Question[],
  ...measured: readonly Readonly<Record<string, readonly Seen[]>>[]
): Figures['tables'][number] {
  const rows = asked.map(({ name }) => [
    name,
    ...measured.flatMap((seen): (string | number)[] => {
      const rounds = seen[name] ?? []
      if (rounds.some(({ refusal }) => refusal !== '')) return ['refused', 'refused']
      return [
        median(rounds.map(({ cpuSeconds }) => cpuSeconds)),
        median(rounds.map(({ wallSeconds }) => wallSeconds)),
      ]
    }),
  ])
  return {
    name: 'analysts',
    columns: ['question', 'CPU, s', 'wall, s', 'late rows: CPU, s', 'late rows: wall, s'],
    rows,
  }
}

function wholeTable(whole: {
  readonly rows: number
  readonly bytes: number
  readonly insert: { readonly alone: number; readonly withMerges: number }
}): Figures['tables'][number] {
  return {
    name: 'analysts-insert',
    columns: ['events', 'bytes an event', 'insert, µs of CPU a row', 'with its merge, µs'],
    rows: [[whole.rows, whole.bytes, whole.insert.alone, whole.insert.withMerges]],
  }
}
