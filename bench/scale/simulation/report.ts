import type { FigureTable } from '../../figures.ts'
import type { Plot, Series } from '../../../tools/plot/kinds.ts'
import { DAY_SECONDS, type Day, type Moment } from './day.ts'
import type { Fault, Scenario } from './scenario.ts'

/** Where a plot has a point: the worst of so many seconds. */
const BUCKET_SECONDS = 300

/** What each fault did, from its beginning to the next one. */
export function faultsTable({ faults, retentionSeconds }: Scenario, { moments }: Day): FigureTable {
  return {
    name: 'faults',
    columns: [
      'what happens',
      'at',
      'for, s',
      'most lag, million',
      'most behind, s',
      'caught up after, s',
      'least to loss, hours',
      'ingest refuses after, s',
      'most refused, million',
    ],
    rows: faults.map((fault, index) => {
      const until = faults[index + 1]?.fromSecond ?? DAY_SECONDS
      const its = moments.slice(fault.fromSecond, until)
      const least = Math.min(...its.map(({ secondsToLoss }) => secondsToLoss))
      return [
        fault.kind,
        clock(fault.fromSecond),
        fault.seconds,
        Math.max(...its.map(({ lag }) => lag)) / 1e6,
        retentionSeconds - least,
        caughtUpAfter(fault, its),
        least / 3_600,
        refusesAfter(fault, its),
        Math.max(...its.map(({ refused }) => refused)) / 1e6,
      ]
    }),
  }
}

/** From the end of the fault until nothing is left but what came in the last second; `null`: not before the next fault. */
export function caughtUpAfter(
  { fromSecond, seconds }: Fault,
  its: readonly Moment[],
): number | null {
  const end = fromSecond + seconds
  const isInStep = ({ lag, made, refused }: Moment): boolean => lag <= made && refused === 0
  const first = its.find((moment) => moment.second >= end && isInStep(moment))
  return first === undefined ? null : first.second - end
}

/** How long ingest's budget lasts; `null`: it takes everything. */
function refusesAfter({ fromSecond }: Fault, its: readonly Moment[]): number | null {
  const first = its.find(({ refused }) => refused > 0)
  return first === undefined ? null : first.second - fromSecond
}

export function scalingTable(days: ReadonlyMap<string, Day>): FigureTable {
  return {
    name: 'scaling',
    columns: ['rule', 'changes a day', 'of them up', 'fewest', 'most', 'most lag, million'],
    rows: [...days].map(([name, { changes, moments }]) => [
      name,
      changes.length,
      changes.filter(({ by }) => by > 0).length,
      Math.min(...moments.map(({ replicas }) => replicas)),
      Math.max(...moments.map(({ replicas }) => replicas)),
      Math.max(...moments.map(({ lag }) => lag)) / 1e6,
    ]),
  }
}

export function behindPlot({ retentionSeconds }: Scenario, day: Day): Plot {
  const behind = ({ secondsToLoss }: Moment): number =>
    Math.max(1, retentionSeconds - secondsToLoss)
  return {
    kind: 'lines',
    name: 'behind',
    title: 'How far consumers are behind in the day with faults',
    x: { label: 'hour of the day', scale: 'linear' },
    y: { label: 'seconds behind', scale: 'log' },
    series: [{ name: 'age of the oldest record', points: points(day, behind) }],
  }
}

export function consumersPlot(days: ReadonlyMap<string, Day>): Plot {
  const series: readonly Series[] = [...days].map(([name, day]) => ({
    name,
    points: points(day, ({ replicas }) => replicas),
  }))
  return {
    kind: 'lines',
    name: 'consumers',
    title: 'Consumers in a day without faults',
    x: { label: 'hour of the day', scale: 'linear' },
    y: { label: 'consumers', scale: 'linear' },
    series,
  }
}

function points({ moments }: Day, of: (moment: Moment) => number): Series['points'] {
  return Array.from({ length: DAY_SECONDS / BUCKET_SECONDS }, (_, bucket) => {
    const its = moments.slice(bucket * BUCKET_SECONDS, (bucket + 1) * BUCKET_SECONDS)
    return [(bucket * BUCKET_SECONDS) / 3_600, Math.max(...its.map(of))] as const
  })
}

function clock(second: number): string {
  return new Date(second * 1_000).toISOString().slice(11, 16)
}
