import { createHash } from 'node:crypto'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import {
  BadPlans,
  createPlanCompiler,
  createPlanSet,
  refuseDoubles,
  type CompilePlan,
  type Plan,
  type PlanFile,
  type PlanProblem,
  type PlanRules,
  type PlanSet,
} from '@custom-events/event'
import { readPlanFiles, type Logger } from '@custom-events/runtime'
import type { IngestMetrics } from '../metrics.ts'

/** The tracking plans of a folder. */
export interface PlanFolder {
  /** Those in force now. */
  readonly current: PlanSet
}

export const PLAN_FOLDER_CHECK_MS = 2_000

/**
 * The plans of a folder, read again when its content changes and two looks have found the same: a folder that is just being
 * emptied and filled anew lacks plans, and what those seal would lie in Kafka as it was sent. A folder that became
 * unreadable, or holds a bad file, is logged once and counted, and all the old plans stay.
 *
 * @throws {BadPlans} or the file system's error when the plans cannot be used at start.
 */
export async function openPlanFolder(options: {
  readonly dir: string
  readonly rules: PlanRules
  readonly metrics: Pick<IngestMetrics, 'planReads' | 'plansLoaded' | 'plansVersion'>
  readonly log: Logger
  /** @default 2_000 */
  readonly checkMs?: number
}): Promise<PlanFolder & Disposable> {
  const { dir, rules, metrics, log, checkMs = PLAN_FOLDER_CHECK_MS } = options
  const compile = createPlanCompiler()
  let files = await readPlanFiles(dir)
  let plans = await compileAll(compile, files, new Map())
  let current = createPlanSet(plans, rules)
  tell()

  function tell(): void {
    metrics.planReads.inc({ outcome: 'loaded' })
    metrics.plansLoaded.set(plans.length)
    metrics.plansVersion.set(versionOf(files))
  }

  let known = files
  /** What the last look found, where that is not `known`. */
  let changed: readonly PlanFile[] | null = null
  let lastRefusal: string | null = null
  const check = async (): Promise<void> => {
    try {
      const found = await readPlanFiles(dir)
      const isSettled = changed !== null && isSame(found, changed)
      changed = isSame(found, known) ? null : found
      if (changed === null || !isSettled) return
      known = found
      plans = await compileAll(compile, found, unchanged(files, plans))
      files = found
      current = createPlanSet(plans, rules)
      lastRefusal = null
      tell()
      log.info({ plans: plans.length }, 'tracking plans read again')
    } catch (error) {
      changed = null // what was seen before is not what was seen twice
      const reason = error instanceof Error ? error.message : String(error)
      if (reason === lastRefusal) return
      lastRefusal = reason
      metrics.planReads.inc({ outcome: 'refused' })
      log.error({ dir, reason }, 'tracking plans refused: the old ones stay')
    }
  }
  let isChecking = false
  const timer = setInterval(() => {
    if (isChecking) return // a slow disk: one look at a time
    isChecking = true
    void check().finally(() => (isChecking = false))
  }, checkMs).unref()

  return {
    get current() {
      return current
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** Compiling one plan takes milliseconds: requests are served in between. */
async function compileAll(
  compile: CompilePlan,
  files: readonly PlanFile[],
  known: ReadonlyMap<string, Plan>,
): Promise<readonly Plan[]> {
  const plans: Plan[] = []
  const problems: PlanProblem[] = []
  for (const file of files) {
    const old = known.get(keyOf(file))
    try {
      plans.push(old ?? compile(file))
    } catch (error) {
      if (!(error instanceof BadPlans)) throw error
      problems.push(...error.problems)
    }
    if (old === undefined) await yieldToOthers()
  }
  if (problems.length > 0) throw new BadPlans(problems)
  refuseDoubles(plans)
  return plans
}

function unchanged(files: readonly PlanFile[], plans: readonly Plan[]): ReadonlyMap<string, Plan> {
  const planByName = new Map(plans.map((plan) => [plan.file, plan]))
  return new Map(
    files.flatMap((file) => {
      const plan = planByName.get(file.name)
      return plan === undefined ? [] : [[keyOf(file), plan]]
    }),
  )
}

function keyOf({ name, text }: PlanFile): string {
  return `${name}\n${text}`
}

function isSame(left: readonly PlanFile[], right: readonly PlanFile[]): boolean {
  return left.length === right.length && left.every((file, index) => isEqual(file, right[index]))
}

function isEqual(file: PlanFile, other: PlanFile | undefined): boolean {
  return other !== undefined && file.name === other.name && file.text === other.text
}

/** 48 bits: a gauge is a double. */
function versionOf(files: readonly PlanFile[]): number {
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(JSON.stringify([name, text]))
  return hash.digest().readUIntBE(0, 6)
}
