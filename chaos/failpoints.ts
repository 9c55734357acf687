import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createAccounts } from './accounts.ts'
import { createLedger } from './ledger.ts'
import { underLoad } from './load.ts'
import { createPoisonStore } from './poison.ts'
import { brokenChecks, renderChecks } from './report.ts'
import { startServers, type Servers } from './servers.ts'
import type { Life } from './supervisor.ts'
import { verify, type Verified } from './verify.ts'
import { startWatch } from './watch.ts'
import { startWorld } from './world.ts'

/** Where a consumer can be told to kill itself: `FAILPOINTS` of `services/consumer`, without `none`. */
const FAILPOINTS = [
  'on_assignment',
  'after_fetch',
  'before_insert',
  'after_insert',
  'after_commit',
  'before_dead_letter',
  'after_dead_letter',
] as const
type Failpoint = (typeof FAILPOINTS)[number]

export interface FailpointOptions {
  readonly seed: number
  /** Kills at each failpoint. */
  readonly kills: number
  /** Gives up on what is not reached then. */
  readonly minutes: number
  readonly say: (line: string) => void
  readonly print: (text: string) => void
}

/** A pipeline of its own, one of whose consumers dies at one failpoint again and again. */
interface FailpointRun {
  readonly failpoint: Failpoint
  readonly kills: number
  /** Deaths of the armed consumer that were not by SIGKILL; there must be none. */
  readonly otherDeaths: number
  readonly seconds: number
  readonly verified: Verified
}

const LOAD = { events: 2_000, sendMs: 50_000, trickleEventsPerSecond: 40 }
const WATCH_EVERY_MS = 5_000
const DRAIN_MS = 180_000
const POISON_EVERY_MS = 2_000
const LOOK_EVERY_MS = 100
const SAY_EVERY_MS = 10_000
/** What `launchProgram` says of a process that a signal has ended. */
const BY_SIGNAL = 128

/**
 * Kills consumers so many times at each failpoint, with load running: seven pipelines on the same servers,
 * each with topics, a database, a ledger and a full replay of its own, so that none can make good what
 * another has lost. @returns whether every one is proven.
 */
export async function proveFailpoints(options: FailpointOptions): Promise<boolean> {
  const { seed, kills, say, print } = options
  const startedAt = performance.now()
  const folder = mkdtempSync(join(tmpdir(), `custom-events-failpoints-${seed}-`))
  say(
    `${kills} kills at each of ${FAILPOINTS.length} failpoints, seed ${seed}; logs are in ${folder}`,
  )
  const runs = await runAll(options, folder)
  const total = runs.reduce((sum, run) => sum + run.kills, 0)
  const isProven = runs.every((run) => verdictOf(run, kills) === 'PROVEN')
  for (const { failpoint, verified } of runs) {
    if (brokenChecks(verified).length > 0) print(`${failpoint}\n${renderChecks(verified)}`)
  }
  print(
    [
      '| failpoint | kills | verdict | accepted | lost | rows stored | poison | seconds |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ...runs.map((run) => rowOf(run, kills)),
      '',
      `${isProven ? 'PROVEN' : 'BROKEN'}: ${total} kills in ${Math.round((performance.now() - startedAt) / 1_000)} s, seed ${seed}`,
    ].join('\n'),
  )
  if (isProven) rmSync(folder, { recursive: true, force: true })
  else print(`evidence in ${folder}`)
  return isProven
}

async function runAll(options: FailpointOptions, folder: string): Promise<readonly FailpointRun[]> {
  const { seed, minutes, say } = options
  await using servers = await startServers({ seed, folder, onProgress: say })
  const patience = AbortSignal.timeout(minutes * 60_000)
  const giveUp = AbortSignal.timeout(minutes * 60_000 + DRAIN_MS)
  const runs: Promise<FailpointRun>[] = []
  for (const [index, failpoint] of FAILPOINTS.entries()) {
    // One after the other: seven setups at once are more than a busy machine answers in time.
    const started = Promise.withResolvers<void>()
    const run = runOne({
      ...options,
      failpoint,
      seed: seed + index,
      folder,
      servers,
      patience,
      giveUp,
      onStarted: started.resolve,
    })
    runs.push(run)
    await Promise.race([started.promise, run])
  }
  return await Promise.all(runs)
}

async function runOne(options: {
  readonly failpoint: Failpoint
  readonly kills: number
  readonly seed: number
  readonly folder: string
  readonly servers: Servers
  /** No more kills after that. */
  readonly patience: AbortSignal
  /** What is not answered by then stays unknown. */
  readonly giveUp: AbortSignal
  readonly onStarted: () => void
  readonly say: (line: string) => void
}): Promise<FailpointRun> {
  const { failpoint, kills, seed, servers, patience } = options
  const startedAt = performance.now()
  const say = (line: string): void => options.say(`${failpoint}: ${line}`)
  const folder = join(options.folder, failpoint)
  mkdirSync(folder, { recursive: true })
  const ledger = createLedger(seed, createAccounts({ ordered: 4, concurrent: 20 }))
  await using world = await startWorld({
    seed,
    folder,
    onProgress: say,
    brokers: 1,
    servers,
    name: `at_${failpoint}`,
    consumers: 1,
  })
  options.onStarted()
  const poison = createPoisonStore(seed, world)
  const watch = startWatch(world, ledger, WATCH_EVERY_MS)
  const armed = `consumer-at-${failpoint}`
  const deaths = (isKill: (exitCode: number | null) => boolean): number =>
    world.supervisor.lives.filter(
      (life: Life) => life.name === armed && life.endedAtMs !== null && isKill(life.exitCode),
    ).length
  const killed = (): number => deaths((code) => code === BY_SIGNAL)

  const storm = async (): Promise<void> => {
    // The supervisor starts it again, and each of its lives ends at the failpoint.
    await world.startConsumer(armed, { FAILPOINT: failpoint })
    const poisoning = failpoint.endsWith('dead_letter')
    let poisonedAt = -Infinity
    let saidAt = performance.now()
    while (killed() < kills && !patience.aborted) {
      const now = performance.now()
      if (poisoning && now - poisonedAt > POISON_EVERY_MS) {
        poisonedAt = now
        for (let partition = 0; partition < world.partitions; partition++) {
          await poison.inject(partition, patience)
        }
      }
      if (now - saidAt > SAY_EVERY_MS) {
        saidAt = now
        say(`${killed()} of ${kills} kills, ${ledger.counts.accepted} accepted`)
      }
      await delay(LOOK_EVERY_MS)
    }
    await world.supervisor.remove(armed)
  }
  const loaded = await underLoad({ world, ledger, ...LOAD, patience: options.giveUp, storm })
  const counted = {
    kills: Math.min(killed(), kills),
    otherDeaths: deaths((code) => code !== BY_SIGNAL),
  }
  const verified = await verify({
    world,
    ledger,
    poison,
    watch,
    loaded,
    faults: [],
    drainMs: DRAIN_MS,
    say,
  })
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  return { failpoint, ...counted, seconds, verified }
}

function verdictOf({ kills, otherDeaths, verified }: FailpointRun, wanted: number): string {
  const broken = [
    ...brokenChecks(verified),
    ...(kills < wanted ? ['too few kills'] : []),
    ...(otherDeaths > 1 ? ['died elsewhere'] : []),
  ]
  return broken.length === 0 ? 'PROVEN' : `**BROKEN**: ${broken.join(', ')}`
}

function rowOf(run: FailpointRun, wanted: number): string {
  const { failpoint, kills, seconds, verified } = run
  const { ledger, lost, physicalRows, poisoned } = verified
  const cells = [
    failpoint,
    kills,
    verdictOf(run, wanted),
    ledger.counts.accepted,
    lost.length,
    physicalRows,
    poisoned,
    seconds,
  ]
  return `| ${cells.join(' | ')} |`
}
