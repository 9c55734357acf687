import { SINGLE, type BodyShape } from '../bodies.ts'
import type { Figures, FigureTable } from '../figures.ts'
import type { MeasuredServer } from '../ingest/servers.ts'
import type { BenchOptions } from '../options.ts'
import { median, quantile } from '../quantile.ts'
import { tell } from '../../tools/plot/tell.ts'
import { openBenches, type ForkBench } from './benches.ts'
import type { Fork, LoadName } from './fork.ts'
import { forks, NOTHING } from './index.ts'
import { countLines } from './lines.ts'
import { openSlices, type SlicedServer, type SliceLoad } from './slices.ts'

const BATCH: BodyShape = { ...SINGLE, eventsPerBody: 100 }
const LOADS: Readonly<Record<LoadName, SliceLoad>> = {
  'single events': { shape: SINGLE, connections: 64, requestsPerConnection: 16 },
  'batches of 100': { shape: BATCH, connections: 16, requestsPerConnection: 6 },
  'gzip batches of 100': {
    shape: { ...BATCH, isGzipped: true },
    connections: 16,
    requestsPerConnection: 6,
  },
}
const LOAD_NAMES = Object.keys(LOADS) as LoadName[] // its own keys
/** A slice takes some 40 ms of CPU. So many turns are taken before anything is measured … */
const TURNS_OF_WARM_UP = 30
/** … and in so many each is compared with the code as it is. */
const TURNS = 25

/**
 * What each shortcut of ingest brings: the code as it is, beside copies of it that do without one. Each round has new
 * processes; within it they have turns of some 40 ms, so that what else the machine does falls on both of a pair.
 */
export async function benchForks(options: BenchOptions): Promise<Figures> {
  const isWanted = ({ name }: Fork): boolean =>
    options.only.split(',').some((text) => name.includes(text))
  const wanted = [NOTHING, ...forks.filter(isWanted)]
  const lines = new Map(wanted.map((fork) => [fork, countLines(fork.lines)]))
  const seen: Seen[] = []
  await using benches = await openBenches(wanted, options)
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const reach of new Set(wanted.map((fork) => fork.reach))) {
      const group = wanted.filter((fork) => fork.reach === reach)
      const ofRound = await measureRound(group, benches, options)
      for (const { fork, load, withIt, withoutIt } of ofRound) {
        const figures = `${tell(withIt)} µs with it, ${tell(withoutIt)} without`
        options.say(`round ${round} of ${options.rounds}, ${fork}, ${load}: ${figures}`)
      }
      seen.push(...ofRound)
    }
  }
  return {
    tables: [tableOf(lines, seen)],
    plots: [],
    ratios: {},
    notes: [...NOTES, ...benches.warnings],
  }
}

/** Microseconds of CPU per event of the server, in one round. */
interface Seen {
  readonly fork: string
  readonly load: LoadName
  readonly withIt: number
  readonly withoutIt: number
}

async function measureRound(
  group: readonly Fork[],
  benches: ForkBench,
  options: BenchOptions,
): Promise<readonly Seen[]> {
  await using running = new AsyncDisposableStack()
  const started = new Map<Fork | null, MeasuredServer>()
  for (const fork of [null, ...group]) {
    const server = await benches.start(fork, group[0]?.reach)
    running.defer(() => server.stop())
    started.set(fork, server)
  }
  const seen: Seen[] = []
  for (const load of LOAD_NAMES) {
    const forksOfLoad = group.filter(({ loads }) => loads.includes(load))
    if (forksOfLoad.length > 0)
      seen.push(...(await compare(forksOfLoad, load, { started, options })))
  }
  return seen
}

interface Started {
  readonly started: ReadonlyMap<Fork | null, MeasuredServer>
  readonly options: BenchOptions
}

async function compare(
  group: readonly Fork[],
  load: LoadName,
  { started, options }: Started,
): Promise<readonly Seen[]> {
  const servers = new Map<Fork | null, SlicedServer>()
  for (const fork of [null, ...group]) {
    const server = started.get(fork)
    if (server !== undefined) servers.set(fork, openSlices(server, LOADS[load]))
  }
  const own = new Map<Fork, Turn[]>(group.map((fork) => [fork, []]))
  const warmUp = options.isTiny ? 1 : TURNS_OF_WARM_UP
  const measured = options.isTiny ? 1 : TURNS
  for (let turn = 0; turn < warmUp + measured; turn += 1) {
    const micros = await takeTurn(servers, turn)
    if (turn < warmUp) continue
    for (const [fork, turnsOfFork] of own) turnsOfFork.push(pairOf(fork, micros))
  }
  for (const server of servers.values()) server.close()
  return [...own].map(([{ name: fork }, turns]) => ({ fork, load, ...middle(turns) }))
}

/** A slice of each, each turn of another one first. @returns the microseconds per event. */
async function takeTurn(
  servers: ReadonlyMap<Fork | null, SlicedServer>,
  turn: number,
): Promise<ReadonlyMap<Fork | null, number>> {
  const all = [...servers]
  const first = turn % all.length
  const micros = new Map<Fork | null, number>()
  for (const [fork, server] of [...all.slice(first), ...all.slice(0, first)]) {
    micros.set(fork, await server.slice())
  }
  return micros
}

/** Two processes run the unchanged code: no two of them cost exactly the same, and so it is nearer to the truth. */
function pairOf(fork: Fork, micros: ReadonlyMap<Fork | null, number>): Turn {
  const unchanged = micros.get(null) ?? Number.NaN
  const withoutIt = micros.get(fork) ?? Number.NaN
  if (fork === NOTHING) return { withIt: unchanged, withoutIt }
  return { withIt: (unchanged + (micros.get(NOTHING) ?? unchanged)) / 2, withoutIt }
}

type Turn = Pick<Seen, 'withIt' | 'withoutIt'>

/** The median of the ratios, not of each side: the two of a turn had the same machine. */
function middle(turns: readonly Turn[]): Turn {
  const withIt = median(turns.map((turn) => turn.withIt))
  return { withIt, withoutIt: withIt * median(turns.map((turn) => turn.withoutIt / turn.withIt)) }
}

const NOTES = [
  'CPU is that of the server, user and system, per event that was accepted: the median of 25 slices of some 40 ms, ' +
    'each beside one of two processes of the unchanged code in the same turn; then that of the rounds, each with new ' +
    'processes. ± is half of what lies between the quartiles of the rounds; the row of nothing, the same code twice, ' +
    'says what the method itself may be wrong by. Up to a producer that takes everything, but where a row says ' +
    'through Kafka.',
]

function tableOf(lines: ReadonlyMap<Fork, number>, seen: readonly Seen[]): FigureTable {
  return {
    name: 'worth',
    columns: [
      'shortcut',
      'lines',
      ...LOAD_NAMES.flatMap((load) => [`${load}: µs`, '% of it']),
      'why it stays',
    ],
    rows: [...lines].map(([fork, count]) => [
      fork.reach === undefined ? fork.name : `${fork.name}, through ${fork.reach}`,
      count,
      ...LOAD_NAMES.flatMap((load) => worthOf(seen, { fork: fork.name, load })),
      fork.why,
    ]),
  }
}

/** What an event would cost more without it. */
function worthOf(
  all: readonly Seen[],
  { fork, load }: Pick<Seen, 'fork' | 'load'>,
): readonly (string | number | null)[] {
  const pairs = all.filter((pair) => pair.fork === fork && pair.load === load)
  if (pairs.length === 0) return [null, null]
  const micros = pairs.map(({ withIt, withoutIt }) => withoutIt - withIt)
  const percent = pairs.map(({ withIt, withoutIt }) => (withoutIt / withIt - 1) * 100)
  const spread = (quantile(percent, 0.75) - quantile(percent, 0.25)) / 2
  return [median(micros), `${median(percent).toFixed(1)} ± ${spread.toFixed(1)}`]
}
