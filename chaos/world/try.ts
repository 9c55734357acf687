import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startStack, type Stack } from '@custom-events/embedded'
import { hash } from '../random.ts'
import { type Findings, openScenarioWorld } from './open-scenario-world.ts'
import type { Scenario } from './scenario.ts'

/** What became of one scenario. */
export interface Verdict {
  readonly scenario: Scenario
  readonly isGreen: boolean
  readonly seconds: number
  readonly notReadyMs: number | null
  /** Why it is red; else what it noted. */
  readonly detail: string
  /** The logs of its programs. */
  readonly folder: string
}

export interface TryOptions {
  readonly seed: number
  /** Of the whole run; a scenario has a folder of its own within. */
  readonly folder: string
  readonly repository: string | null
  readonly shared: Stack
  /** Every limit of time is so many times as long, on a machine that others use. */
  readonly patience: number
  /** Of the whole run. */
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

const LIMIT_SECONDS = 120
const GRACE_MS = 2_000

/** Runs one scenario. Whatever it throws makes it red; its programs are gone afterwards. */
export async function tryOut(scenario: Scenario, options: TryOptions): Promise<Verdict> {
  const startedAt = performance.now()
  const folder = join(options.folder, fileNameOf(scenario))
  mkdirSync(folder, { recursive: true })
  const findings: Findings = { notes: [], notReadyMs: null }
  const why = await failureOf(scenario, { ...options, folder }, findings)
  return {
    scenario,
    isGreen: why === null,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    notReadyMs: findings.notReadyMs,
    detail: why ?? findings.notes.join('; '),
    folder,
  }
}

/** The file of a scenario, without its ending. */
export function fileNameOf({ kind, name }: Scenario): string {
  return `${kind.toLowerCase()}-${name}`
}

async function failureOf(
  scenario: Scenario,
  options: TryOptions,
  findings: Findings,
): Promise<string | null> {
  const limitSeconds = (scenario.limitSeconds ?? LIMIT_SECONDS) * options.patience
  const overdue = AbortSignal.timeout(limitSeconds * 1_000)
  const signal = AbortSignal.any([overdue, options.signal])
  const say = (line: string): void => options.say(`${fileNameOf(scenario)}: ${line}`)
  try {
    await using resources = new AsyncDisposableStack()
    const { needs } = scenario
    const isOwn = needs === 'own' || needs === 'brokers'
    const brokers = needs === 'brokers' ? 3 : 1
    const stack = isOwn ? resources.use(await ownStack(options, brokers)) : options.shared
    const seed = hash(options.seed, ...Buffer.from(fileNameOf(scenario)))
    const world = resources.use(
      await openScenarioWorld({ ...options, scenario, stack, seed, signal, findings, say }),
    )
    const running = scenario.run(world)
    await Promise.race([running, overdueBy(signal, GRACE_MS)])
    return null
  } catch (error) {
    if (overdue.aborted) return `not done after ${limitSeconds} s: ${messageOf(error)}`
    if (options.signal.aborted) return 'ended with the whole run'
    return messageOf(error)
  }
}

function ownStack({ folder, signal }: TryOptions, brokers: number): Promise<Stack> {
  return startStack({ secure: true, brokers, dataDir: join(folder, 'servers'), signal })
}

/** What waits for something says at its end what it waited for. */
function overdueBy(signal: AbortSignal, graceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void =>
      void setTimeout(() => reject(new Error('it does not say what it waits for')), graceMs)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** One line, with every cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` ← ${messageOf(error.cause)}`
  return (error.message + cause).replaceAll(/\s*\n\s*/g, ' ⏎ ')
}
