import { createAccounts } from './accounts.ts'
import { checkErasure, eraseAmidst, prepareErasures, type ErasureRun } from './erasure.ts'
import { doFaults, type Done } from './faults.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { underLoad } from './load.ts'
import { createPoisonStore, type PoisonStore } from './poison.ts'
import { startProgress } from './progress.ts'
import { ZOMBIE_MS } from './process-faults.ts'
import { planFaults, type Fault } from './schedule.ts'
import { MIN_FAULT_MS, type Tier } from './tiers.ts'
import { verify, type Verified } from './verify.ts'
import { startWatch, type Watched } from './watch.ts'
import { ERASURES_MAX_AGE_MS, startWorld, type World } from './world.ts'

/** Everything a run has found out. */
export interface Findings extends Verified {
  readonly schedule: readonly Fault[]
  readonly done: readonly Done[]
  readonly requests: { readonly sent: number; readonly attempts: number }
  readonly maxBehindMs: number
}

export interface RunOptions {
  readonly seed: number
  readonly tier: Tier
  /** What `scheduleOf` says, or a part of it. */
  readonly schedule: readonly Fault[]
  readonly folder: string
  readonly say: (line: string) => void
}

/** Load without a fault at the beginning: it shows what the pipeline does when nothing is wrong. */
const CALM_MS = 5_000

/** The faults that follow from the seed. */
export function scheduleOf(seed: number, tier: Tier): readonly Fault[] {
  return planFaults({
    seed,
    kinds: tier.kinds,
    count: tier.faults,
    spanMs: Math.max(1, tier.sendMs * 0.9 - CALM_MS),
    minDurationMs: MIN_FAULT_MS,
    maxDurationMs: tier.maxFaultMs,
  }).map((fault) => ({ ...fault, atMs: fault.atMs + CALM_MS }))
}

/** A run from the first process to the last check: load, faults, drain, checks, full replay, checks. */
export async function run({ seed, tier, schedule, folder, say }: RunOptions): Promise<Findings> {
  const { brokers, shards, withDisks, drainMs, hasErasures } = tier
  const accounts = createAccounts({ ordered: 20, concurrent: 60, hasErased: hasErasures })
  const ledger = createLedger(seed, accounts)
  await using world = await startWorld({
    seed,
    folder,
    onProgress: say,
    brokers,
    shards,
    withDisks,
    secure: tier.secure,
    ...(hasErasures ? { erasuresMaxAgeMs: ERASURES_MAX_AGE_MS } : {}),
  })
  if (hasErasures) await prepareErasures(world, tier.kinds)
  const poison = createPoisonStore(seed, world)
  const watch = startWatch(world, ledger)
  const giveUp = new AbortController()
  using _ = { [Symbol.dispose]: () => giveUp.abort() } // also when the rest of it fails
  const erasing = startErasing({ world, poison, tier, say, signal: giveUp.signal })
  erasing.catch(() => {}) // told when it is waited for
  const storm = await rage({ world, tier, ledger, poison, schedule, say, watched: watch.seen })
  const { loaded, done } = storm
  // From here on nothing is in its way.
  const patience = setTimeout(() => giveUp.abort(), 2 * drainMs * brokers)
  const erasure = (await erasing.finally(() => clearTimeout(patience))).map(checkErasure)
  const found = await verify({ world, ledger, poison, watch, loaded, faults: done, drainMs, say })
  return { ...found, ...loaded, done, schedule, checks: [...found.checks, ...erasure] }
}

/** It takes a minute: begun early, it is done when the load is. There must be somebody to erase by then. */
const ERASED_AFTER = { share: 1 / 16, leastMs: 4_000 }
/** What an insert takes that nobody hurts, and a little more. */
const USUAL_INSERT_MS = 5_000

async function startErasing(options: {
  readonly world: World
  readonly poison: PoisonStore
  readonly tier: Tier
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}): Promise<readonly ErasureRun[]> {
  const { sendMs, maxFaultMs, hasErasures } = options.tier
  if (!hasErasures) return []
  const longestInsertMs = Math.max(maxFaultMs, ZOMBIE_MS) + USUAL_INSERT_MS
  return eraseAmidst({
    ...options,
    afterMs: Math.max(ERASED_AFTER.leastMs, sendMs * ERASED_AFTER.share),
    settleSeconds: Math.ceil((ERASURES_MAX_AGE_MS + longestInsertMs) / 1_000),
  })
}

/** Load and faults, until the last fault is healed and the last answer is known. */
async function rage(options: {
  readonly world: World
  readonly tier: Tier
  readonly ledger: Ledger
  readonly poison: PoisonStore
  readonly schedule: readonly Fault[]
  readonly watched: Watched
  readonly say: (line: string) => void
}) {
  const { world, tier } = options
  const done: Done[] = []
  const active = new Set<Fault>()
  const patience = AbortSignal.timeout(tier.sendMs + tier.drainMs * tier.brokers) // replicas take their time
  const loaded = await underLoad({
    ...options,
    ...tier,
    patience,
    storm: async (workload) => {
      const stopProgress = startProgress({ ...options, active, done, workload })
      const onBegin = (fault: Fault): void => void active.add(fault)
      const onDone = (each: Done): void => {
        active.delete(each.fault)
        done.push(each)
      }
      await doFaults({ ...options, signal: patience, onBegin, onDone }).finally(stopProgress)
      for (const link of Object.values(world.links)) link.set({ kind: 'healthy' })
    },
  })
  return { loaded, done: done.toSorted((a, b) => a.fault.number - b.fault.number) }
}
