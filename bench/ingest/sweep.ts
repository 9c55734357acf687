import type { Axis } from '../../tools/plot/kinds.ts'
import type { Figures } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { median } from '../quantile.ts'
import { tell } from '../../tools/plot/tell.ts'
import { interleaved } from '../rounds.ts'
import { measureCase, type Case, type Seen } from './measure.ts'
import type { Workbench } from './servers.ts'

/** How cost changes as one thing grows. */
export interface Sweep {
  readonly title: string
  /** What grows: the first column and the x axis. */
  readonly grows: Axis
  /** What the plot shows; the table shows all. @default events/s */
  readonly shows?: { readonly label: string; readonly of: keyof Seen }
  readonly lines: Readonly<Record<string, readonly Point[]>>
}

export interface Point extends Case {
  readonly at: number
}

const EVENTS_PER_SECOND = { label: 'events/s', of: 'eventsPerSecond' } as const
/** A point is one of many, its neighbours tell whether it is an accident. */
const MOST_ROUNDS = 3
const MOST_SECONDS = 2

export async function measureSweep(
  bench: Workbench,
  { title, grows, shows = EVENTS_PER_SECOND, lines }: Sweep,
  options: BenchOptions,
): Promise<Figures> {
  const seconds = Math.min(options.secondsPerCase, MOST_SECONDS)
  const rounds = Math.min(options.rounds, MOST_ROUNDS)
  const points = Object.entries(lines).flatMap(([line, all]) =>
    all.map((point) => ({ line, point, name: `${line}, ${tell(point.at)} ${grows.label}` })),
  )
  if (options.warmUpSeconds > 0) {
    for (const [line, all] of Object.entries(lines)) {
      const last = all.at(-1)
      if (last === undefined) continue
      options.say(`warming up: ${line}`)
      await measureCase(bench, last, options.warmUpSeconds)
    }
  }
  const seenByName = await interleaved(
    Object.fromEntries(
      points.map(({ name, point }) => [name, () => measureCase(bench, point, seconds)]),
    ),
    { rounds, say: options.say },
    ({ eventsPerSecond, serverCpuMicros }) =>
      `${tell(eventsPerSecond)} events/s, ${tell(serverCpuMicros)} µs of CPU each`,
  )
  const mid = (name: string, of: keyof Seen): number =>
    median((seenByName[name] ?? []).map((seen) => seen[of]))
  return {
    tables: [
      {
        name: 'sweep',
        columns: [grows.label, 'load', ...COLUMNS.map(([column]) => column)],
        rows: points.map(({ line, point, name }) => [
          point.at,
          line,
          ...COLUMNS.map(([, of]) => mid(name, of)),
        ]),
      },
    ],
    plots: [
      {
        kind: 'lines',
        name: 'sweep',
        title,
        x: grows,
        y: { label: shows.label, scale: 'linear' },
        series: Object.keys(lines).map((line) => ({
          name: line,
          points: points
            .filter((each) => each.line === line)
            .map(({ point, name }) => [point.at, mid(name, shows.of)] as const),
        })),
      },
    ],
    ratios: {},
    notes: [...bench.warnings],
  }
}

const COLUMNS = [
  ['events/s', 'eventsPerSecond'],
  ['MB/s', 'megabytesPerSecond'],
  ['µs of CPU per event', 'serverCpuMicros'],
  ['Kafka, µs', 'kafkaCpuMicros'],
  ['core busy, %', 'serverBusyPercent'],
  ['p50, ms', 'p50Ms'],
  ['p99, ms', 'p99Ms'],
  ['memory, MB', 'memoryMegabytes'],
] as const
