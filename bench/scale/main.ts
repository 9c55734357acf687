// `npm run simulate`: a day of a pipeline in a second. The same seed is the same day.
import { readArguments, readNumber } from '../../tools/read-arguments.ts'
import { keptFigures } from '../pages.ts'
import { tableText } from '../render.ts'
import { costsOf } from '../sizing.ts'
import { readScalingRule } from './autoscaler/scaled-object.ts'
import { simulateDay } from './simulation/day.ts'
import { faultsTable, scalingTable } from './simulation/report.ts'
import type { Fault } from './simulation/scenario.ts'
import { forPartitions, usualDay } from './simulation/usual-day.ts'

const USAGE = `npm run simulate: what a day does to the pipeline of docs/scale.md: a rollout, a broker lost, ClickHouse away.

  --seed N             of the traffic and of how long rebalances take (1)
  --peak N             events a second at 16 o'clock
  --rows N             that ClickHouse takes in a second, whoever inserts (twice the peak)
  --away-minutes N     that ClickHouse is away, from 16 o'clock (60)
  --retention-hours N  of Kafka
  --consumers N        so many, whatever the lag; else as many as the ScaledObject in deploy/kubernetes asks for
  --lag-threshold N    instead of that of the ScaledObject`
const text = { type: 'string' } as const
const { values } = readArguments(USAGE, {
  options: {
    seed: text,
    peak: text,
    rows: text,
    'away-minutes': text,
    'retention-hours': text,
    consumers: text,
    'lag-threshold': text,
  },
})

const usual = usualDay(
  costsOf(keptFigures('ingest'), keptFigures('consumer')),
  keptFigures('half-load'),
)
const peak = number('peak', 1) ?? usual.peak
const retentionHours = number('retention-hours', 1)
const awayMinutes = number('away-minutes', 0)
const scenario = {
  ...usual,
  peak,
  seed: number('seed', 0) ?? usual.seed,
  takes: 2 * peak,
  clickhouseRows: number('rows', 1) ?? 2 * peak,
  retentionSeconds: retentionHours === undefined ? usual.retentionSeconds : retentionHours * 3_600,
  faults: usual.faults.map((fault) => withMinutes(fault, awayMinutes)),
}
const rule = forPartitions(readScalingRule(), scenario)
const scaling = number('consumers', 1) ?? {
  ...rule,
  lagThreshold: number('lag-threshold', 1) ?? rule.lagThreshold,
}
const day = simulateDay(scenario, scaling)
process.stdout.write(`${tableText(faultsTable(scenario, day))}\n`)
process.stdout.write(`${tableText(scalingTable(new Map([['this day', day]])))}\n`)
const { inserted, lost, refused, held } = day.flow
process.stdout.write(
  `at midnight: ${tell(inserted)} inserted, ${tell(lost)} deleted by Kafka before that, ${tell(refused + held)} with clients\n`,
)

function withMinutes(fault: Fault, minutes: number | undefined): Fault {
  if (minutes === undefined || fault.kind !== 'ClickHouse away') return fault
  return { ...fault, seconds: minutes * 60 }
}

function number(option: keyof typeof values, least: number): number | undefined {
  return readNumber(USAGE, option, values[option], (value) => value >= least)
}

function tell(events: number): string {
  return Math.round(events).toLocaleString('en')
}
