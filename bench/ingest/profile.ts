import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SINGLE } from '../bodies.ts'
import { byPlace, selfTimes, type CpuProfile } from '../cpu-profile.ts'
import type { Figures, FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { measureCase } from './measure.ts'
import { openWorkbench, type Workbench } from './servers.ts'

const LOADS = {
  'single events': { shape: SINGLE, connections: 512 },
  'batches of 100': { shape: { ...SINGLE, eventsPerBody: 100 }, connections: 64 },
} as const
type Load = (typeof LOADS)[keyof typeof LOADS]
/** From the end of the load to the end of the process: the drain, mostly idle. */
const DRAIN_SECONDS = 3
const MOST_FUNCTIONS = 15

/** Where ingest spends its time: Node's own sampling profiler, by part of the program and by function. */
export async function benchProfile(options: BenchOptions): Promise<Figures> {
  await using bench = await openWorkbench(options.say)
  const tables: FigureTable[] = []
  for (const [name, load] of Object.entries(LOADS)) {
    options.say(`profiling ${name}`)
    tables.push(...(await profileLoad(bench, name, load, options)))
  }
  const note = 'Microseconds on the measured core, sampled; sampling itself costs some.'
  return { tables, plots: [], ratios: {}, notes: [note, ...bench.warnings] }
}

async function profileLoad(
  bench: Workbench,
  name: string,
  load: Load,
  options: BenchOptions,
): Promise<readonly FigureTable[]> {
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-profile-'))
  try {
    const server = await bench.startIngest({
      KAFKA_TOPIC: `bench.profile-${name.replaceAll(' ', '-')}`,
      NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}`,
    })
    const given = { server, ...load }
    if (options.warmUpSeconds > 0) await measureCase(bench, given, options.warmUpSeconds)
    const seconds = 2 * options.secondsPerCase
    const { eventsPerSecond } = await measureCase(bench, given, seconds)
    await server.stop()
    return tablesOf(name, readProfile(folder), seconds, eventsPerSecond * seconds)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The profile of the process that worked: with several, the others only started it. */
function readProfile(folder: string): CpuProfile {
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const largest = texts.toSorted((a, b) => b.length - a.length)[0]
  if (largest === undefined) throw new Error(`ingest left no profile in ${folder}`)
  return JSON.parse(largest) as CpuProfile // Node's own format
}

function tablesOf(
  name: string,
  profile: CpuProfile,
  seconds: number,
  events: number,
): readonly FigureTable[] {
  const times = selfTimes(profile, seconds + DRAIN_SECONDS)
  const places = byPlace(times)
  const total = places.reduce((sum, [, micros]) => sum + micros, 0)
  const cells = (micros: number) => [micros / events, (micros / total) * 100]
  const functions = [...times].toSorted(([, a], [, b]) => b.micros - a.micros)
  const columns = ['µs per event', 'share, %']
  return [
    {
      name: `${name.replaceAll(' ', '-')}-places`,
      columns: ['part', ...columns],
      rows: [
        ...places.map(([place, micros]) => [place, ...cells(micros)]),
        ['all', ...cells(total)],
      ],
    },
    {
      name: `${name.replaceAll(' ', '-')}-functions`,
      columns: ['function', ...columns],
      rows: functions
        .slice(0, MOST_FUNCTIONS)
        .map(([each, { micros }]) => [each, ...cells(micros)]),
    },
  ]
}
