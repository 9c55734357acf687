import { SINGLE, type BodyShape } from '../bodies.ts'
import type { Figures, FigureTable } from '../figures.ts'
import { measureCase } from '../ingest/measure.ts'
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
const FORKS_OF_GROUP = 5

/** What each shortcut of ingest brings: the code as it is, beside copies of it that do without one. */
export async function benchForks(options: BenchOptions): Promise<Figures> {
  const isWanted = ({ name }: Fork): boolean =>
    options.only.split(',').some((text) => name.includes(text))
  const wanted = [NOTHING, ...forks.filter(isWanted)]
  await using benches = await openBenches(wanted, options)
  await warmUp(wanted, benches, options)
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

/** One after another, each round another one first. */
async function compareGroup(
  group: readonly Fork[],
  { round, benches, options }: Round,
): Promise<readonly Pair[]> {
  const all: readonly (Fork | null)[] = [null, ...group]
  const first = round % all.length
  const micros = new Map<string, number>()
  for (const load of LOAD_NAMES) {
    for (const fork of [...all.slice(first), ...all.slice(0, first)]) {
      if (!group.some(({ loads }) => loads.includes(load))) continue
      if (fork !== null && !fork.loads.includes(load)) continue
      const server = await benches.serverOf(fork, group[0]?.reach)
      const given = { server, ...LOADS[load] }
      const seen = await measureCase(benches.around, given, options.secondsPerCase)
      micros.set(placeOf(fork, load), seen.serverCpuMicros)
    }
  }
  return group.flatMap((fork) =>
    fork.loads.map((load) => {
      const withIt = micros.get(placeOf(null, load)) ?? Number.NaN
      const withoutIt = micros.get(placeOf(fork, load)) ?? Number.NaN
      const figures = `${tell(withIt)} µs with it, ${tell(withoutIt)} without`
      options.say(`round ${round + 1} of ${options.rounds}, ${fork.name}, ${load}: ${figures}`)
      return { fork: fork.name, load, withIt, withoutIt }
    }),
  )
}

function placeOf(fork: Fork | null, load: LoadName): string {
  return `${fork?.name ?? ''}, ${load}`
}

/** All of them before the first is measured: a process that has taken few requests still compiles. */
async function warmUp(
  wanted: readonly Fork[],
  benches: ForkBench,
  { warmUpSeconds, say }: BenchOptions,
): Promise<void> {
  if (warmUpSeconds === 0) return
  for (const group of groupsOf(wanted)) {
    for (const fork of [null, ...group]) {
      say(`warming up: ${fork?.name ?? 'the code as it is'}`)
      const server = await benches.serverOf(fork, group[0]?.reach)
      for (const load of fork?.loads ?? LOAD_NAMES) {
        await measureCase(benches.around, { server, ...LOADS[load] }, WARM_UP_TIMES * warmUpSeconds)
      }
    }
  }
}

/** As long as for other benchmarks would leave a tenth of what is measured to the compiler. */
const WARM_UP_TIMES = 3

const NOTES = [
  'CPU is that of the server, user and system, per event that was accepted. ± is half of what lies between the ' +
    'quartiles of the rounds; the row of nothing says what the method itself may be wrong by. Up to a producer that ' +
    'takes everything, but where a row says through Kafka.',
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
