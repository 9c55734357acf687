import { setTimeout as delay } from 'node:timers/promises'
import { runCli } from '../../test/support/cli-command.ts'
import type { PoisonStore } from '../poison.ts'
import { counter, readMetrics } from '../scrape.ts'
import type { Spec } from '../supervisor.ts'
import type { World } from '../world.ts'
import { HERE, runSetup, type Release } from './release.ts'
import {
  describeStep,
  earlierAmong,
  sessionOf,
  versionsAfter,
  type Fleet,
  type Step,
  type Version,
} from './steps.ts'

/** A step that was done, and what was seen after it. */
export interface Done {
  readonly what: string
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Until whoever was exchanged or killed was ready again; `null`: not in time. */
  readonly readySeconds: number | null
  /** From the step's beginning until everything accepted before it could be queried; `null`: not in time. */
  readonly completeSeconds: number | null
  /** Members that know of no generations, and what each new consumer says of them: none, where the old release has claims. */
  readonly earlier: { readonly expected: number; readonly told: readonly number[] }
  /** Whether it did what it should. */
  readonly isGood: boolean
  readonly said: string
}

/** An old consumer that was killed without a name keeps its place for 30 s, and a join waits for it. */
const READY_WITHIN_MS = 90_000
const COMPLETE_WITHIN_MS = 120_000
/** Consumers look at their group every 5 s. */
const TOLD_WITHIN_MS = 60_000
const GROW_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 500
/** Load without a change in between. */
const CALM_MS = 2_000

export interface RollOptions {
  readonly world: World
  readonly fleet: Fleet
  readonly old: Release
  readonly steps: readonly Step[]
  readonly poison: PoisonStore
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Does one step after the other, under whatever load there is. */
export async function roll(options: RollOptions): Promise<readonly Done[]> {
  const { steps, fleet, world, poison, signal, say } = options
  const done: Done[] = []
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted()
    await delay(CALM_MS)
    const what = describeStep(step)
    say(`upgrade: ${what}`)
    const startedAtMs = Date.now()
    const seconds = (): number => (Date.now() - startedAtMs) / 1_000
    const outcome = await act(options, step)
    const readySeconds = outcome.isReady ? seconds() : null
    await poison.inject(index % world.partitions, signal)
    const isComplete = await within(COMPLETE_WITHIN_MS, () => isCompleteUntil(world, startedAtMs))
    const completeSeconds = isComplete ? seconds() : null
    const earlier = await earlierMembers(options, versionsAfter(steps.slice(0, index + 1), fleet))
    const { isGood, said } = outcome
    done.push({
      what,
      startedAtMs,
      endedAtMs: Date.now(),
      readySeconds,
      completeSeconds,
      earlier,
      isGood,
      said,
    })
  }
  return done
}

interface Outcome {
  readonly isReady: boolean
  readonly isGood: boolean
  readonly said: string
}

async function act({ world, old }: RollOptions, step: Step): Promise<Outcome> {
  const { supervisor } = world
  if (step.kind === 'setup') {
    await runSetup(HERE, world.environment)
    return { isReady: true, isGood: true, said: 'done' }
  }
  if (step.kind === 'grow') return growTooEarly(world)
  const { name, to, killed } = step
  const repository = to === 'old' ? old.folder : HERE.folder
  const session = sessionOf(to, old)
  const changed = (spec: Spec): Spec => ({
    ...spec,
    repository,
    environment: name.startsWith('consumer')
      ? { ...spec.environment, ...session }
      : spec.environment,
  })
  const exchanging = supervisor.exchange(name, changed)
  if (killed !== null) supervisor.signal(killed, 'SIGKILL')
  await exchanging
  const late: string[] = []
  for (const each of killed === null ? [name] : [name, killed]) {
    if (!(await supervisor.becomesReady(each, READY_WITHIN_MS))) late.push(each)
  }
  const isReady = late.length === 0
  return { isReady, isGood: isReady, said: isReady ? 'ready' : `not ready: ${late.join(', ')}` }
}

/** Members of the group would not know of the next generation. */
async function growTooEarly(world: World): Promise<Outcome> {
  const { code, stdout, stderr } = await runCli(['topic', 'grow', '--partitions', '24', '--yes'], {
    environment: { ...world.environment, KAFKA_CONSUMER_GROUP: world.consumerGroup },
    signal: AbortSignal.timeout(GROW_WITHIN_MS),
  })
  const text = `${stdout}${stderr}`.trim()
  const isGood = code === 1 && text.includes('of an earlier release')
  return { isReady: true, isGood, said: isGood ? 'refused' : `exit ${code}: ${text.slice(-300)}` }
}

/** Whether all that was accepted before this moment can be queried, as ClickHouse tells analysts. */
async function isCompleteUntil({ questions, topics }: World, ms: number): Promise<boolean> {
  const [row] = await questions
    .ask(
      `SELECT coalesce(complete_until > fromUnixTimestamp64Milli(${ms}), false) FROM complete_until WHERE topic = '${topics.tracked}'`,
    )
    .catch(() => [])
  return row?.[0] === '1' || row?.[0] === 'true'
}

/** What each consumer of the new release says of the others, once all say the right number, or after a minute. */
async function earlierMembers(
  { world: { supervisor }, fleet, old }: RollOptions,
  versions: ReadonlyMap<string, Version>,
): Promise<Done['earlier']> {
  const expected = earlierAmong(versions, fleet, old)
  const asked = fleet.consumers.filter((name) => versions.get(name) === 'new')
  let told: readonly number[] = []
  await within(TOLD_WITHIN_MS, async () => {
    const pages = await Promise.all(asked.map((name) => readMetrics(supervisor.opsPort(name))))
    told = pages.map((page) => (page === null ? NaN : counter(page, 'earlier_members')))
    return told.every((count) => count === expected)
  })
  return { expected, told }
}

async function within(ms: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const overdueAt = performance.now() + ms
  for (;;) {
    if (await isSo()) return true
    if (performance.now() > overdueAt) return false
    await delay(LOOK_EVERY_MS)
  }
}
