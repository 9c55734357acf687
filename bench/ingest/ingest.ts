import { SINGLE, type BodyShape } from '../bodies.ts'
import type { BarPlot } from '../../tools/plot/kinds.ts'
import type { Figures, FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { median } from '../quantile.ts'
import { tell } from '../../tools/plot/tell.ts'
import { interleaved } from '../rounds.ts'
import { latencyAtHalfLoad, type HalfLoad } from './latency.ts'
import { measureCase, type Case, type Seen } from './measure.ts'
import { openWorkbench, type MeasuredServer, type Workbench } from './servers.ts'

const BATCH: BodyShape = { ...SINGLE, eventsPerBody: 100 }
const LOADS = {
  'single events': { shape: SINGLE, connections: 512 },
  'batches of 100': { shape: BATCH, connections: 64 },
  'gzip batches of 100': { shape: { ...BATCH, isGzipped: true }, connections: 64 },
  "Segment's batches of 100": { shape: { ...BATCH, sdk: 'Segment' }, connections: 64 },
  "RudderStack's batches of 100": { shape: { ...BATCH, sdk: 'RudderStack' }, connections: 64 },
} as const satisfies Readonly<Record<string, Omit<Case, 'server'>>>
type Load = keyof typeof LOADS

const BARE = 'bare node:http and JSON.parse'
const OURS = ['custom-events, up to the producer', 'custom-events, through Kafka'] as const
const OF_SDKS: ReadonlySet<string> = new Set([BARE, ...OURS])
const WITH_PLAN = 'custom-events, through Kafka, with a tracking plan'

/** How much of what a bare node:http takes our ingest takes, and textbook Express beside it. */
export async function benchIngest(options: BenchOptions): Promise<Figures> {
  await using bench = await openWorkbench(options.say)
  const servers = await startServers(bench)
  const cases = Object.fromEntries(
    loadsOf(options).flatMap(([load, { shape, connections }]) =>
      serversFor(shape, servers).map(([name, server]) => [
        `${load}, ${name}`,
        { server, shape, connections: options.isTiny ? 4 : connections },
      ]),
    ),
  )
  await warmUp(bench, cases, options)
  const seen = await interleaved(
    Object.fromEntries(
      Object.entries(cases).map(([name, each]) => [
        name,
        () => measureCase(bench, each, options.secondsPerCase),
      ]),
    ),
    options,
    ({ eventsPerSecond, serverCpuMicros }) =>
      `${tell(eventsPerSecond)} events/s, ${tell(serverCpuMicros)} µs of CPU each`,
  )
  const latency = await latencyAtHalfLoad(halfLoads(cases, seen), options)
  const loads = loadsOf(options).map(([load]) => load)
  return {
    tables: [...loads.map((load) => tableOf(load, seen)), latency],
    plots: [sharesPlot(loads.filter(isOfEverybody), Object.keys(servers), seen)],
    ratios: Object.fromEntries(
      loads.flatMap((load) =>
        OURS.map((name) => [`${load}, ${name}`, shareOfBare(load, name, seen)] as const),
      ),
    ),
    notes: [...NOTES, ...bench.warnings],
  }
}

/** What SDKs write is for a bare server and ours alone: the textbook takes only what is written for it. */
function serversFor(
  shape: BodyShape,
  servers: Servers,
): readonly (readonly [string, MeasuredServer])[] {
  const all = Object.entries(servers)
  return shape.sdk === undefined ? all : all.filter(([name]) => OF_SDKS.has(name))
}

function isOfEverybody(load: Load): boolean {
  const { shape }: Omit<Case, 'server'> = LOADS[load]
  return shape.sdk === undefined
}

/** Of those who answer after Kafka; gzip and the words of SDKs change nothing that a latency would show. */
function halfLoads(cases: Readonly<Record<string, Case>>, seen: SeenByCase): readonly HalfLoad[] {
  return Object.entries(cases)
    .filter(
      ([, { server, shape }]) =>
        server.topic !== null && !shape.isGzipped && shape.sdk === undefined,
    )
    .map(([name, each]) => ({
      name,
      ...each,
      requestsPerSecond: mid(seen, name, 'requestsPerSecond'),
    }))
}

const TINY: readonly Load[] = ['batches of 100', "RudderStack's batches of 100"]

function loadsOf({ isTiny }: BenchOptions): readonly (readonly [Load, Omit<Case, 'server'>])[] {
  const loads = Object.keys(LOADS) as Load[] // its own keys
  return loads.filter((load) => !isTiny || TINY.includes(load)).map((load) => [load, LOADS[load]])
}

type Servers = Readonly<Record<string, MeasuredServer>>

async function startServers(bench: Workbench): Promise<Servers> {
  const [bare, textbook, upToProducer, throughKafka, withPlan] = await Promise.all([
    bench.startPeer('bare.ts', '/health'),
    bench.startPeer('textbook.ts', '/health', { KAFKA_TOPIC: 'bench.textbook' }),
    bench.startPeer('up-to-producer.ts', '/openapi.json'),
    bench.startIngest({ KAFKA_TOPIC: 'bench.ingest' }),
    bench.startIngest({ KAFKA_TOPIC: 'bench.planned', TRACKING_PLANS_DIR: '' }), // the sample's
  ])
  return {
    [BARE]: bare,
    'textbook Express, through Kafka': textbook,
    [OURS[0]]: upToProducer,
    [OURS[1]]: throughKafka,
    [WITH_PLAN]: withPlan,
  }
}

async function warmUp(
  bench: Workbench,
  cases: Readonly<Record<string, Case>>,
  { warmUpSeconds, say }: BenchOptions,
): Promise<void> {
  if (warmUpSeconds === 0) return
  for (const [name, each] of Object.entries(cases)) {
    say(`warming up: ${name}`)
    await measureCase(bench, each, warmUpSeconds)
  }
}

type SeenByCase = Readonly<Record<string, readonly Seen[]>>

const NOTES = [
  'Every answer was 200 with all its events accepted, and Kafka held them; else there would be no figures.',
  'The measured server had one core to itself. The load generator, Kafka, the idle registry and the idle ' +
    'ClickHouse shared the other.',
]

function sharesPlot(
  loads: readonly string[],
  servers: readonly string[],
  seen: SeenByCase,
): BarPlot {
  return {
    kind: 'bars',
    name: 'shares',
    title: 'Events per second, as a share of a bare node:http that parses the body',
    y: 'share of bare',
    groups: loads,
    series: servers
      .filter((server) => server !== BARE)
      .map((name) => ({ name, values: loads.map((load) => shareOfBare(load, name, seen)) })),
  }
}

function tableOf(load: string, seenByCase: SeenByCase): FigureTable {
  const prefix = `${load}, `
  const names = Object.keys(seenByCase).filter((name) => name.startsWith(prefix))
  return {
    name: load.replaceAll("'", '').replaceAll(' ', '-'),
    columns: [
      'server',
      'events/s',
      'share of bare',
      'share by CPU',
      'µs of CPU per event: server',
      'Kafka',
      'load generator',
      'server core busy, %',
      'p50, ms',
      'p99, ms',
      'memory, MB',
    ],
    rows: names.map((name) => {
      const server = name.slice(prefix.length)
      const of = (figure: keyof Seen): number => mid(seenByCase, name, figure)
      return [
        server,
        of('eventsPerSecond'),
        shareOfBare(load, server, seenByCase),
        shareOfBare(load, server, seenByCase, ({ serverCpuMicros }) => 1 / serverCpuMicros),
        of('serverCpuMicros'),
        of('kafkaCpuMicros') || null,
        of('loadCpuMicros'),
        Math.round(of('serverBusyPercent')),
        of('p50Ms'),
        of('p99Ms'),
        Math.round(of('memoryMegabytes')),
      ]
    }),
  }
}

/** Round by round, so that a slow minute of the machine falls out. */
function shareOfBare(
  load: string,
  server: string,
  seenByCase: SeenByCase,
  by: (seen: Seen) => number = ({ eventsPerSecond }) => eventsPerSecond,
): number {
  const bare = (seenByCase[`${load}, ${BARE}`] ?? []).map(by)
  const own = (seenByCase[`${load}, ${server}`] ?? []).map(by)
  return median(own.map((value, round) => value / (bare[round] ?? NaN)))
}

function mid(seenByCase: SeenByCase, name: string, of: keyof Seen): number {
  return median((seenByCase[name] ?? []).map((seen) => seen[of]))
}
