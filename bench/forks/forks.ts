import { SINGLE, type BodyShape } from '../bodies.ts'
import type { Figures, FigureTable } from '../figures.ts'
import { measureCase } from '../ingest/measure.ts'
import type { MeasuredServer } from '../ingest/servers.ts'
import type { BenchOptions } from '../options.ts'
import { median, quantile } from '../quantile.ts'
import { tell } from '../render.ts'
import { openBenches, type ForkBench } from './benches.ts'
import type { Fork, LoadName } from './fork.ts'
import { forks, NOTHING } from './index.ts'
import { countLines } from './lines.ts'

const BATCH: BodyShape = { ...SINGLE, eventsPerBody: 100 }
const LOADS: Readonly<
  Record<LoadName, { readonly shape: BodyShape; readonly connections: number }>
> = {
  'single events': { shape: SINGLE, connections: 512 },
  'batches of 100': { shape: BATCH, connections: 64 },
  'gzip batches of 100': { shape: { ...BATCH, isGzipped: true }, connections: 64 },
}
const LOAD_NAMES = Object.keys(LOADS) as LoadName[] // its own keys
/** Forks that are compared with the same run of the code as it is: what is measured minutes apart says little. */
const FORKS_OF_GROUP = 4

/** What each shortcut of ingest brings: the code as it is, beside copies of it that do without one. */
export async function benchForks(options: BenchOptions): Promise<Figures> {
  const wanted = [NOTHING, ...forks.filter(({ name }) => name.includes(options.only))]
  await using benches = await openBenches(wanted, options)
  const seen: Pair[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    for (const group of groupsOf(wanted)) {
      seen.push(...(await compareGroup(group, { round, benches, options })))
    }
  }
  return {
    tables: [tableOf(wanted, seen)],
    plots: [],
    ratios: {},
    notes: [...NOTES, ...benches.warnings],
  }
}

/** Microseconds of CPU per event of the server, in one round. */
interface Pair {
  readonly fork: string
  readonly load: LoadName
  readonly withIt: number
  readonly withoutIt: number
}

interface Round {
  readonly round: number
  readonly benches: ForkBench
  readonly options: BenchOptions
}

function groupsOf(all: readonly Fork[]): readonly (readonly Fork[])[] {
  return Object.values(Object.groupBy(all, ({ reach = 'producer' }) => reach)).flatMap((of = []) =>
    Array.from({ length: Math.ceil(of.length / FORKS_OF_GROUP) }, (_, index) =>
      of.slice(index * FORKS_OF_GROUP, (index + 1) * FORKS_OF_GROUP),
    ),
  )
}

/**
 * All at the same time, so that what else the machine does falls on all of them, in processes that are new each round,
 * and begun in another order.
 */
async function compareGroup(
  group: readonly Fork[],
  { round, benches, options }: Round,
): Promise<readonly Pair[]> {
  const all: readonly (Fork | null)[] = [null, ...group]
  const first = round % all.length
  const inTurn = [...all.slice(first), ...all.slice(0, first)]
  const started = new Map<Fork | null, MeasuredServer>()
  for (const fork of inTurn) started.set(fork, await benches.start(fork, group[0]?.reach))
  const pairs: Pair[] = []
  for (const load of LOAD_NAMES) {
    const servers = [...started].filter(([fork]) => fork === null || fork.loads.includes(load))
    if (servers.length === 1) continue
    const loaded = { servers, load, benches }
    if (options.warmUpSeconds > 0) await loadAll(loaded, options.warmUpSeconds * servers.length)
    const micros = await loadAll(loaded, options.secondsPerCase * servers.length)
    const withIt = micros.get(null) ?? Number.NaN
    for (const [fork, withoutIt] of micros) {
      if (fork !== null) pairs.push({ fork: fork.name, load, withIt, withoutIt })
    }
  }
  for (const server of started.values()) await server.stop()
  for (const { fork, load, withIt, withoutIt } of pairs) {
    const figures = `${tell(withIt)} µs with it, ${tell(withoutIt)} without`
    options.say(`round ${round + 1} of ${options.rounds}, ${fork}, ${load}: ${figures}`)
  }
  return pairs
}

interface Loaded {
  readonly servers: readonly (readonly [Fork | null, MeasuredServer])[]
  readonly load: LoadName
  readonly benches: ForkBench
}

/** @returns the microseconds of CPU per event of each. */
async function loadAll(
  { servers, load, benches }: Loaded,
  seconds: number,
): Promise<ReadonlyMap<Fork | null, number>> {
  const { shape, connections } = LOADS[load]
  const each = Math.ceil(connections / servers.length)
  return new Map(
    await Promise.all(
      servers.map(async ([fork, server]) => {
        const given = { server, shape, connections: each }
        const { serverCpuMicros } = await measureCase(benches.around, given, seconds)
        return [fork, serverCpuMicros] as const
      }),
    ),
  )
}

const NOTES = [
  'CPU is that of the server, user and system, per event that was accepted. ± is half of what lies between the ' +
    'quartiles of the rounds; the row of nothing says what the method itself may be wrong by. Up to a producer that ' +
    'takes everything, but where a row says through Kafka. With and without share one core, the load generators the other.',
]

function tableOf(wanted: readonly Fork[], seen: readonly Pair[]): FigureTable {
  return {
    name: 'worth',
    columns: [
      'shortcut',
      'lines',
      ...LOAD_NAMES.flatMap((load) => [`${load}: µs`, '% of it']),
      'why it stays',
    ],
    rows: wanted.map((fork) => [
      fork.reach === undefined ? fork.name : `${fork.name}, through ${fork.reach}`,
      countLines(fork.lines),
      ...LOAD_NAMES.flatMap((load) => worthOf(seen, { fork: fork.name, load })),
      fork.why,
    ]),
  }
}

/** What an event would cost more without it. */
function worthOf(
  all: readonly Pair[],
  { fork, load }: Pick<Pair, 'fork' | 'load'>,
): readonly (string | number | null)[] {
  const pairs = all.filter((pair) => pair.fork === fork && pair.load === load)
  if (pairs.length === 0) return [null, null]
  const micros = pairs.map(({ withIt, withoutIt }) => withoutIt - withIt)
  const percent = pairs.map(({ withIt, withoutIt }) => (withoutIt / withIt - 1) * 100)
  const spread = (quantile(percent, 0.75) - quantile(percent, 0.25)) / 2
  return [median(micros), `${median(percent).toFixed(1)} ± ${spread.toFixed(1)}`]
}
