import { SINGLE, type BodyShape } from '../bodies.ts'
import { cpuSeconds } from '../cpu-time.ts'
import type { FigureTable } from '../figures.ts'
import { openWorkbench, type MeasuredServer, type Workbench } from '../ingest/servers.ts'
import { loadClosedLoop, loadOpenLoop } from '../load.ts'
import type { BenchOptions } from '../options.ts'
import { cpuSecondsOfTree } from '../process-tree.ts'
import { median } from '../quantile.ts'
import { interleaved } from '../rounds.ts'

export const SETTINGS = ['none', 'zstd', 'gzip'] as const
type Setting = (typeof SETTINGS)[number]

const BATCH: BodyShape = { ...SINGLE, eventsPerBody: 100 }
const CONNECTIONS = 64
/** Events a second; `null`: as fast as answers come. */
const RATES = [1_000, 100_000, null]
const TINY_RATES = [1_000, null]
/** A hundredth of a second of CPU, which is as fine as it is counted, is too much where so few events come. */
const LONGER = { below: 10_000, times: 5 }

interface Seen {
  readonly eventsPerSecond: number
  readonly serverMicros: number
  readonly kafkaMicros: number
  readonly plainBytes: number
  readonly sentBytes: number
  readonly compressedShare: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What `KAFKA_COMPRESSION` costs ingest and Kafka, and what it saves, in bodies of 100 events. */
export async function compressionThroughIngest(options: BenchOptions) {
  await using bench = await openWorkbench(options.say)
  const servers = await Promise.all(
    SETTINGS.map(async (setting) => {
      const environment = { KAFKA_TOPIC: `bench.${setting}`, KAFKA_COMPRESSION: setting }
      return [setting, await bench.startIngest(environment)] as const
    }),
  )
  for (const [, server] of servers) {
    if (options.warmUpSeconds > 0)
      await measured(bench, { server, rate: null }, options.warmUpSeconds)
  }
  const rates = options.isTiny ? TINY_RATES : RATES
  const cases = rates.flatMap((rate) =>
    servers.map(
      ([setting, server]) =>
        [
          nameOf(rate, setting),
          () => measured(bench, { server, rate }, options.secondsPerCase),
        ] as const,
    ),
  )
  const seen = await interleaved(Object.fromEntries(cases), options, (each: Seen) => {
    const { serverMicros, kafkaMicros, sentBytes } = each
    return `${serverMicros.toFixed(2)} + ${kafkaMicros.toFixed(2)} µs, ${sentBytes.toFixed(0)} bytes an event`
  })
  return { table: tableOf(seen, rates), ratios: ratiosOf(seen), warnings: bench.warnings }
}

function nameOf(rate: number | null, setting: Setting): string {
  return `${rate ?? 'as many as it takes'}, ${setting}`
}

async function measured(
  bench: Workbench,
  { server, rate }: { readonly server: MeasuredServer; readonly rate: number | null },
  secondsPerCase: number,
): Promise<Seen> {
  const seconds = secondsPerCase * (rate !== null && rate < LONGER.below ? LONGER.times : 1)
  const url = `${server.url}/track`
  const load = { url, shape: BATCH, connections: CONNECTIONS, seconds, hasNewIds: true }
  const before = await countedBy(server)
  const cpu = [cpuSecondsOfTree(server.pid), cpuSeconds(bench.kafkaPid)] as const
  const { accepted, notOk, p50Ms, p99Ms } = await loaded(load, rate)
  const serverCpu = cpuSecondsOfTree(server.pid) - cpu[0]
  const kafkaCpu = cpuSeconds(bench.kafkaPid) - cpu[1]
  const after = await countedBy(server)
  if (notOk > 0 || accepted === 0) throw new Error(`${url}: ${accepted} accepted, ${notOk} not 200`)
  // Requests that the end of the time cut off are counted by the server alone.
  const events = after.events - before.events
  const batches = after.compressed + after.plain - before.compressed - before.plain
  return {
    eventsPerSecond: accepted / seconds,
    serverMicros: (serverCpu * 1e6) / events,
    kafkaMicros: (kafkaCpu * 1e6) / events,
    plainBytes: (after.plainBytes - before.plainBytes) / events,
    sentBytes: (after.sentBytes - before.sentBytes) / events,
    compressedShare: (after.compressed - before.compressed) / batches,
    p50Ms,
    p99Ms,
  }
}

type Load = Parameters<typeof loadClosedLoop>[0]

async function loaded(load: Load, rate: number | null) {
  if (rate !== null) {
    return loadOpenLoop({ ...load, requestsPerSecond: rate / load.shape.eventsPerBody })
  }
  const { latencyMs, ...answers } = await loadClosedLoop(load)
  return { ...answers, p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 }
}

async function countedBy({ opsUrl }: MeasuredServer) {
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text()
  const of = (series: string): number => {
    const line = metrics.split('\n').find((each) => each.startsWith(`custom_events_${series} `))
    if (line === undefined) throw new Error(`${opsUrl}/metrics has no ${series}`)
    return Number(line.split(' ').at(-1))
  }
  return {
    events: of('events_accepted_total'),
    plainBytes: of('produce_bytes_total{as="plain"}'),
    sentBytes: of('produce_bytes_total{as="sent"}'),
    compressed: of('produce_batches_total{compressed="yes"}'),
    plain: of('produce_batches_total{compressed="no"}'),
  }
}

type SeenByCase = Readonly<Record<string, readonly Seen[]>>

function mid(seen: SeenByCase, name: string, field: keyof Seen): number {
  return median((seen[name] ?? []).map((each) => each[field]))
}

function tableOf(seen: SeenByCase, rates: readonly (number | null)[]): FigureTable {
  return {
    name: 'ingest',
    columns: [
      'offered events/s',
      'KAFKA_COMPRESSION',
      'events/s',
      'µs of CPU per event: ingest',
      'Kafka',
      'bytes an event, plain',
      'sent',
      'batches compressed, %',
      'p50, ms',
      'p99, ms',
    ],
    rows: rates.flatMap((rate) =>
      SETTINGS.map((setting) => {
        const of = (field: keyof Seen): number => mid(seen, nameOf(rate, setting), field)
        return [
          rate ?? 'as many as it takes',
          setting,
          of('eventsPerSecond'),
          of('serverMicros'),
          of('kafkaMicros'),
          of('plainBytes'),
          of('sentBytes'),
          Math.round(of('compressedShare') * 100),
          of('p50Ms'),
          of('p99Ms'),
        ]
      }),
    ),
  }
}

/** Round by round, so that a slow minute of the machine falls out. */
function ratiosOf(seen: SeenByCase): Readonly<Record<string, number>> {
  const none = seen[nameOf(null, 'none')] ?? []
  const zstd = seen[nameOf(null, 'zstd')] ?? []
  const shares = zstd.map(
    ({ serverMicros }, round) => (none[round]?.serverMicros ?? NaN) / serverMicros,
  )
  return { 'compression: CPU of ingest without / with zstd': median(shares) }
}
