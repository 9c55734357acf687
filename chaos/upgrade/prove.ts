import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createAccounts } from '../accounts.ts'
import type { Check } from '../checks.ts'
import { createLedger } from '../ledger.ts'
import { underLoad, type Loaded } from '../load.ts'
import { createPoisonStore } from '../poison.ts'
import { brokenChecks, renderChecks } from '../report.ts'
import { verify, type Verified } from '../verify.ts'
import { startWatch } from '../watch.ts'
import { startWorld } from '../world.ts'
import { checkOut, type Release } from './release.ts'
import { roll, type Done } from './roll.ts'
import { sessionOf, stepsOf, type Fleet } from './steps.ts'

export interface UpgradeOptions {
  /** A tag or a commit: what runs before the upgrade. */
  readonly from: string
  readonly seed: number
  readonly events: number
  readonly say: (line: string) => void
  readonly print: (text: string) => void
}

const FLEET: Fleet = {
  consumers: ['consumer-1', 'consumer-2', 'consumer-3'],
  ingests: ['ingest-1', 'ingest-2'],
}
const SEND_MS = 120_000
/** After those, until the last step is done. */
const TRICKLE_EVENTS_PER_SECOND = 200
const UPGRADE_WITHIN_MS = 25 * 60_000
const DRAIN_MS = 180_000
/** What a consumer says of the others while some make no claims, and when all do. */
const SENTENCES = [
  'are of an earlier release',
  'no member of the consumer group is of an earlier release now',
] as const

/** A pipeline of another commit becomes one of this checkout, under load. @returns whether nothing was lost, doubled or changed. */
export async function proveUpgrade(options: UpgradeOptions): Promise<boolean> {
  const { from, seed, say, print } = options
  const startedAt = performance.now()
  const folder = mkdtempSync(join(tmpdir(), `custom-events-upgrade-${seed}-`))
  say(`logs are in ${folder}`)
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000)
  const again = `npm run chaos -- --upgrade-from ${from} --seed ${seed}`
  try {
    const found = await upgrade(options, folder)
    print(render(options, found))
    const isProven = brokenChecks(found).length === 0
    if (isProven) rmSync(folder, { recursive: true, force: true })
    const verdict = isProven ? 'PROVEN in' : 'BROKEN after'
    print(`${verdict} ${seconds()} s; again with ${again}${isProven ? '' : `; logs in ${folder}`}`)
    return isProven
  } catch (error) {
    print(`the run could not be finished: ${inspect(error)}`)
    print(`BROKEN after ${seconds()} s; again with ${again}; logs in ${folder}`)
    return false
  }
}

interface Found extends Verified {
  readonly release: Release
  readonly loaded: Loaded
  readonly done: readonly Done[]
}

async function upgrade(options: UpgradeOptions, folder: string): Promise<Found> {
  const { from, seed, events, say } = options
  await using resources = new AsyncDisposableStack()
  const release = await checkOut(from, resources, say)
  say(`everything begins with ${release.revision}`)
  const ledger = createLedger(
    seed,
    createAccounts({ ordered: 20, concurrent: 60, hasErased: false }),
  )
  await using world = await startWorld({
    seed,
    folder,
    onProgress: say,
    brokers: 1,
    release,
    ingests: FLEET.ingests,
    consumers: FLEET.consumers.length,
    consumerEnvironment: sessionOf('old', release),
  })
  const poison = createPoisonStore(seed, world)
  const watch = startWatch(world, ledger)
  const patience = AbortSignal.timeout(UPGRADE_WITHIN_MS)
  const steps = stepsOf(seed, FLEET, release)
  let done: readonly Done[] = []
  const loaded = await underLoad({
    world,
    ledger,
    events,
    sendMs: SEND_MS,
    trickleEventsPerSecond: TRICKLE_EVENTS_PER_SECOND,
    patience,
    storm: async () => {
      done = await roll({ world, fleet: FLEET, old: release, steps, poison, signal: patience, say })
    },
  })
  const found = await verify({
    world,
    ledger,
    poison,
    watch,
    loaded,
    faults: done,
    drainMs: DRAIN_MS,
    say,
  })
  return {
    ...found,
    release,
    loaded,
    done,
    checks: [
      ...found.checks,
      ...checksOf(done),
      ...(release.makesClaims ? [] : [checkSentences(world.logDir)]),
    ],
  }
}

function checksOf(done: readonly Done[]): readonly Check[] {
  const check = (
    name: string,
    isHeld: (each: Done) => boolean,
    why: (each: Done) => string,
  ): Check => {
    const bad = done.filter((each) => !isHeld(each))
    const found = `${done.length - bad.length} of ${done.length} steps`
    return {
      name,
      isHeld: done.length > 0 && bad.length === 0,
      found,
      samples: bad.map((each) => `${each.what}: ${why(each)}`),
    }
  }
  return [
    check(
      'upgrade: steps',
      ({ isGood }) => isGood,
      ({ said }) => said,
    ),
    check(
      'upgrade: complete_until goes on',
      ({ completeSeconds }) => completeSeconds !== null,
      () => 'stood still',
    ),
    check(
      'upgrade: members of an earlier release',
      ({ earlier: { expected, told } }) => told.every((count) => count === expected),
      ({ earlier: { expected, told } }) => `${expected}, told ${told.join(', ')}`,
    ),
  ]
}

function checkSentences(logDir: string): Check {
  const logs = FLEET.consumers
    .map((name) => readFileSync(join(logDir, `${name}.log`), 'utf8'))
    .join('')
  const missing = SENTENCES.filter((sentence) => !logs.includes(sentence))
  return {
    name: 'upgrade: what the log says',
    isHeld: missing.length === 0,
    found: `${SENTENCES.length - missing.length} of ${SENTENCES.length} sentences`,
    samples: missing,
  }
}

function render({ seed }: UpgradeOptions, found: Found): string {
  const { release, done, ledger, loaded, freshness, drainMs } = found
  const { accepted, events, updates, unknownAnswers } = ledger.counts
  const shown = (value: number | null): string => (value === null ? '**never**' : value.toFixed(1))
  return [
    `upgrade from ${release.revision}, seed ${seed}: ${accepted} of ${events} events accepted, ${updates} updates, ` +
      `${loaded.requests.attempts} requests of which ${unknownAnswers} were to be sent again; ` +
      `${found.lives} lives; freshness p99 ${freshness.all.p99Ms} ms; drained in ${(drainMs / 1_000).toFixed(1)} s`,
    '',
    '| step | what became of it | ready after s | complete after s | earlier members, told |',
    '| --- | --- | --- | --- | --- |',
    ...done.map(
      ({ what, said, readySeconds, completeSeconds, earlier }) =>
        `| ${what} | ${said} | ${shown(readySeconds)} | ${shown(completeSeconds)} | ${earlier.expected}, ${earlier.told.join(' ')} |`,
    ),
    '',
    renderChecks(found),
    '',
  ].join('\n')
}
