import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { readArguments, readNumber, refuseArguments } from '../tools/read-arguments.ts'
import { canMount } from './disk.ts'
import { proveFailpoints } from './failpoints.ts'
import { prove } from './prove.ts'
import { sabotageAll } from './sabotage.ts'
import { secureFrom } from './secure-argument.ts'
import { drillStorm } from './storm-drill.ts'
import { tierOf, type Tier } from './tiers.ts'
import { proveUpgrade } from './upgrade/prove.ts'
import { proveWorld, readScenarios } from './world/prove.ts'

const USAGE = `npm run chaos: the delivery proof, see docs/guarantees.md.

  npm run chaos -- [--tier smoke|ci|full] [--seed N] [--runs N] [--brokers 1|3] [--shards 1|2|3|4|6]
      of a tier: [--events N] [--faults N] [--minutes N] [--kinds KIND,…] [--drain-seconds N]
      [--without-erasures] nobody is erased meanwhile
      [--secure [oauth]] Kafka by TLS and SCRAM-SHA-512, or by tokens that end after 20 s; https before the others
      of a run that failed: [--only-faults N,…] [--shrink-runs N] [--shrink-minutes N]
  npm run chaos -- --failpoints KILLS [--minutes N]   consumers die at each point of their work
  npm run chaos -- --upgrade-from REF [--seed N] [--events N]   everything begins with another commit, and is upgraded
  npm run chaos -- --storm-seconds N                  members join and leave all the time
  npm run chaos -- --sabotage [--only NAME]           breaks the product: each must be seen
  npm run chaos -- --world [--only NAME,…] [--list]   what operators and other producers do
      [--short] only what npm test runs  [--at-once N] [--minutes N] [--json]
      [--patience N] limits of time are N times as long, on a machine that others use
      [--again] what is red beside others is tried once more, alone; both are told
      [--product DIR] the programs of another checkout`
const { values, positionals } = readArguments(USAGE, {
  allowPositionals: true,
  options: {
    tier: { type: 'string', default: 'smoke' },
    seed: { type: 'string' },
    // Of the tier, by default:
    runs: { type: 'string' },
    events: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    kinds: { type: 'string' },
    brokers: { type: 'string' },
    shards: { type: 'string' },
    'drain-seconds': { type: 'string' },
    'without-erasures': { type: 'boolean', default: false },
    secure: { type: 'boolean', default: false },
    // Of one schedule:
    'only-faults': { type: 'string' },
    'shrink-runs': { type: 'string', default: '4' },
    'shrink-minutes': { type: 'string', default: '10' },
    // Instead of a tier:
    'upgrade-from': { type: 'string' },
    failpoints: { type: 'string' },
    'storm-seconds': { type: 'string' },
    sabotage: { type: 'boolean', default: false },
    world: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'at-once': { type: 'string', default: '3' },
    patience: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
    product: { type: 'string' },
    // Of sabotages and scenarios:
    only: { type: 'string', default: '' },
  },
})
const secure = secureFrom(USAGE, positionals, values.secure)
const UPGRADE_EVENTS = 30_000
const FAILPOINT_MINUTES = 20
const WORLD_MINUTES = 12
const seed = number('seed', values.seed) ?? randomInt(2 ** 31)
const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`)
const print = (text: string): void => void process.stdout.write(`${text}\n`)
// Nothing is awaited any more: what may still be open keeps nobody waiting.
process.exit((await main()) ? 0 : 1)

function main(): Promise<boolean> {
  const from = values['upgrade-from']
  if (from !== undefined) {
    const events = number('events', values.events) ?? UPGRADE_EVENTS
    return proveUpgrade({ from, seed, events, say, print })
  }
  if (values.sabotage) return sabotage()
  if (values.world) return world()
  const stormSeconds = number('storm-seconds', values['storm-seconds'])
  if (stormSeconds !== undefined) {
    return drillStorm({ seed, stormMs: stormSeconds * 1_000, say, print })
  }
  const kills = number('failpoints', values.failpoints)
  if (kills !== undefined) {
    const minutes = number('minutes', values.minutes) ?? FAILPOINT_MINUTES
    return proveFailpoints({ seed, kills, minutes, say, print })
  }
  const overrides = {
    runs: number('runs', values.runs),
    events: number('events', values.events),
    faults: number('faults', values.faults),
    minutes: number('minutes', values.minutes),
    brokers: number('brokers', values.brokers),
    shards: number('shards', values.shards),
    drainSeconds: number('drain-seconds', values['drain-seconds']),
    kinds: values.kinds,
    hasErasures: !values['without-erasures'],
    secure,
  }
  const tier = tierFrom(overrides)
  for (const { kind, why } of tier.leftOut) print(`LEFT OUT: ${kind}: ${why}`)
  return prove({
    seed,
    tier,
    onlyFaults: values['only-faults']?.split(',').map(Number) ?? null,
    shrinkRuns: number('shrink-runs', values['shrink-runs']) ?? 0,
    shrinkMinutes: number('shrink-minutes', values['shrink-minutes']) ?? 0,
    command,
    say,
    print,
  })
}

function number(name: string, text: string | undefined): number | undefined {
  return readNumber(USAGE, name, text)
}

function tierFrom(overrides: Parameters<typeof tierOf>[1]): Tier {
  try {
    return tierOf(values.tier, overrides, canMount)
  } catch (error) {
    if (error instanceof RangeError) return refuseArguments(USAGE, error)
    throw error
  }
}

/** The command line that does one run of this one again. */
function command(again: number, onlyFaults: readonly number[] | null): string {
  const kept = (
    ['events', 'faults', 'minutes', 'kinds', 'brokers', 'shards', 'drain-seconds'] as const
  )
    .filter((name) => values[name] !== undefined)
    .map((name) => ` --${name} ${values[name]}`)
    .concat(values['without-erasures'] ? [' --without-erasures'] : [])
    .concat(secure === undefined ? [] : [secure === 'scram' ? ' --secure' : ` --secure ${secure}`])
  const faults = onlyFaults === null ? '' : ` --only-faults ${onlyFaults.join(',')}`
  const runs = values.tier === 'ci' || values.runs !== undefined ? ' --runs 1' : ''
  return `npm run chaos -- --tier ${values.tier} --seed ${again}${runs}${kept.join('')}${faults}`
}

async function world(): Promise<boolean> {
  if (values.list) {
    const lines = (await readScenarios()).map(
      ({ kind, name, needs, isInTests = false }) =>
        `${kind.padEnd(5)}${name.padEnd(48)} ${needs}${isInTests ? ', in npm test' : ''}`,
    )
    print(lines.join('\n'))
    return true
  }
  return proveWorld({
    seed,
    only: values.only,
    isShort: values.short,
    atOnce: number('at-once', values['at-once']) || 1,
    minutes: number('minutes', values.minutes) ?? WORLD_MINUTES,
    patience: number('patience', values.patience) || 1,
    isTriedAgain: values.again,
    repository: values.product === undefined ? null : resolve(values.product),
    isJson: values.json,
    say,
    print,
  })
}

async function sabotage(): Promise<boolean> {
  const [untouched, ...verdicts] = await sabotageAll({ seed, only: values.only, say })
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== null)
  const isGreen = untouched?.caughtBy === null
  print(
    [
      '| sabotage | caught by | seconds |',
      '| --- | --- | --- |',
      ...verdicts.map(
        ({ name, caughtBy, seconds }) =>
          `| ${name} | ${caughtBy ?? '**NOT CAUGHT**'} | ${seconds} |`,
      ),
      `${caught.length} of ${verdicts.length} caught; the untouched copy is ${isGreen ? 'green' : 'RED'}; seed ${seed}`,
    ].join('\n'),
  )
  return isGreen && caught.length === verdicts.length
}
