import { readArguments, readNumber, refuseArguments } from '../tools/read-arguments.ts'
import { comparisonTable, compareRatios } from './compare.ts'
import { readKeptFigures, savedFigures, writeFigures } from './figures.ts'
import type { Figures, SavedFigures } from './figures.ts'
import { benchAnalysts } from './analysts/analysts.ts'
import { benchCompression } from './compression/compression.ts'
import { benchConsumer } from './consumer/consumer.ts'
import { benchBacklog, benchInstances } from './consumer/growth.ts'
import { benchShards } from './consumer/shards.ts'
import { benchErase } from './erase/erase.ts'
import { benchErasedCost } from './erase/erased-cost.ts'
import { benchForks } from './forks/forks.ts'
import { benchHalfLoad } from './half-load.ts'
import { benchBounds } from './ingest/bounds.ts'
import {
  costOfAccounts,
  costOfBatchSize,
  costOfBodySize,
  costOfConnections,
  costOfPartitions,
  costOfWorkers,
} from './ingest/cost.ts'
import { benchIngest } from './ingest/ingest.ts'
import { benchProfile } from './ingest/profile.ts'
import { SIZES, type BenchOptions } from './options.ts'
import { noteOtherWork } from './other-work.ts'
import { benchPipeline } from './pipeline.ts'
import { benchPlan } from './plan.ts'
import { benchProduce } from './produce.ts'
import { benchReadBack } from './read-back.ts'
import { tableText } from './render.ts'
import { benchRowPolicies } from './row-policies.ts'
import { benchSealing } from './sealing.ts'
import { benchWait } from './wait.ts'

/** Each is a file of its own; one line here makes it a command. */
const benches: Readonly<Record<string, (options: BenchOptions) => Promise<Figures>>> = {
  ingest: benchIngest,
  consumer: (options) => benchConsumer(options),
  produce: benchProduce,
  backlog: benchBacklog,
  instances: benchInstances,
  shards: benchShards,
  bounds: benchBounds,
  connections: costOfConnections,
  'batch-size': costOfBatchSize,
  'body-size': costOfBodySize,
  partitions: costOfPartitions,
  accounts: costOfAccounts,
  workers: costOfWorkers,
  profile: benchProfile,
  'half-load': benchHalfLoad,
  'read-back': benchReadBack,
  'row-policies': benchRowPolicies,
  forks: benchForks,
  wait: benchWait,
  analysts: benchAnalysts,
  sealing: benchSealing,
  erase: benchErase,
  'erased-cost': benchErasedCost,
  compression: benchCompression,
}

/** How cost grows: all of these, one after another. */
const costs = [
  'connections',
  'batch-size',
  'body-size',
  'partitions',
  'accounts',
  'workers',
  'instances',
  'backlog',
]

/** What `--compare` without a name measures. */
const guarded: readonly string[] = ['ingest', 'produce', 'consumer']

const names = [...Object.keys(benches), 'cost', 'pipeline', 'plan'].join(', ')
const USAGE = `npm run bench: what the programs do on this machine. Measured, never asserted by a test.

  npm run bench -- NAME                measure, print the tables, write bench/results/NAME.json
  npm run bench -- NAME --save         also keep the figures in docs/figures, where the pages get theirs
  npm run bench -- --quick --compare   measure less, compare the ratios with those kept; exit 1 if one fell
  npm run bench -- pipeline [--rate 1000] [--seconds 60]

NAME is one of ${names}.
--quick: fewer and shorter rounds; --tiny: only proves that it runs; --rounds N, --seconds N: of one case.
consumer also: --records N; --only NAME of a contender (of forks: of one); --node-options '--cpu-prof --cpu-prof-dir=DIR' of ours.`
const { positionals, values } = readArguments(USAGE, {
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    compare: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    records: { type: 'string' },
    only: { type: 'string', default: '' },
    'node-options': { type: 'string', default: '' },
    rate: { type: 'string' },
  },
})

const [name] = positionals
if (name === 'pipeline') {
  await benchPipeline({
    eventsPerSecond: numberFrom('rate', 1_000),
    seconds: numberFrom('seconds', 60),
  })
} else if (name === 'plan') {
  await benchPlan()
} else if (name === 'cost') {
  for (const each of costs) await run(each)
} else if (name === undefined && values.compare) {
  for (const each of guarded) await run(each)
} else if (name !== undefined && Object.hasOwn(benches, name)) {
  await run(name)
} else {
  refuseArguments(USAGE, name === undefined ? 'which benchmark?' : `there is no benchmark ${name}`)
}

async function run(bench: string): Promise<void> {
  const measure = benches[bench]
  if (measure === undefined) throw new Error(`there is no benchmark ${bench}`)
  const kept = values.compare ? keptFigures(bench) : null
  const otherWork = values.tiny ? null : await noteOtherWork()
  const measured = await measure(optionsFromArguments())
  const notes = [...measured.notes, ...(otherWork === null ? [] : [otherWork])]
  const figures = { ...measured, notes }
  for (const table of figures.tables) process.stdout.write(`\n${tableText(table)}`)
  for (const note of figures.notes) process.stdout.write(`\n${note}\n`)

  const command = ['npm run bench --', bench, ...sizeArguments()].join(' ')
  const saved = savedFigures(bench, command, figures)
  say(`wrote ${await writeFigures('last', saved)}`)
  if (kept !== null) compare(kept, { bench, figures })
  if (values.save) say(`kept ${await writeFigures('kept', saved)}: now run \`npm run generate\``)
}

/** Before anything is measured: what cannot be compared need not be. */
function keptFigures(bench: string): SavedFigures {
  const kept = readKeptFigures(bench)
  if (kept === null) throw new Error(`no figures of ${bench} are kept: measure with --save first`)
  return kept
}

function compare(
  kept: SavedFigures,
  { bench, figures }: { readonly bench: string; readonly figures: Figures },
): void {
  const comparisons = compareRatios(kept.ratios, figures.ratios)
  process.stdout.write(`\n${tableText(comparisonTable(bench, comparisons))}`)
  if (comparisons.some(({ isWorse }) => isWorse)) process.exitCode = 1
}

/** What made the figures other than they would be without it. */
function sizeArguments(): readonly string[] {
  const numbers = (['rounds', 'seconds', 'records'] as const).flatMap((each) => {
    const value = values[each]
    return value === undefined ? [] : [`--${each} ${value}`]
  })
  return [...(values.quick ? ['--quick'] : []), ...(values.tiny ? ['--tiny'] : []), ...numbers]
}

function optionsFromArguments(): BenchOptions {
  const size = values.tiny ? SIZES.tiny : values.quick ? SIZES.quick : SIZES.full
  return {
    ...size,
    rounds: numberFrom('rounds', size.rounds),
    secondsPerCase: numberFrom('seconds', size.secondsPerCase),
    records: numberFrom('records', size.records),
    only: values.only,
    nodeOptions: values['node-options'],
    say,
  }
}

function numberFrom(option: 'rounds' | 'seconds' | 'records' | 'rate', otherwise: number): number {
  const isAllowed = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
  return readNumber(USAGE, option, values[option], isAllowed) ?? otherwise
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`)
}
