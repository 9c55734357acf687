import { createRandom } from '../random.ts'

export type Version = 'old' | 'new'

/** What an operator does, one after the other. */
export type Step =
  | { readonly kind: 'setup' }
  /** Tried although it is too early: it must be refused. */
  | { readonly kind: 'grow' }
  | {
      readonly kind: 'roll'
      readonly name: string
      readonly to: Version
      /** Killed with SIGKILL at the same time; `null`: nobody. */
      readonly killed: string | null
    }

export interface Fleet {
  readonly consumers: readonly string[]
  readonly ingests: readonly string[]
}

/** What a release does that this one looks for. */
export interface Abilities {
  /** Its consumers say with claims that they know of generations, so that none of them counts as earlier. */
  readonly makesClaims: boolean
}

/**
 * An upgrade in the order of docs/operators.md: setup, consumers, ingests. Then one of each goes back, ingest first, and forward
 * again. With every second exchange somebody else is killed. Growing meanwhile is refused only beside members without claims.
 */
export function stepsOf(
  seed: number,
  { consumers, ingests }: Fleet,
  { makesClaims }: Abilities,
): readonly Step[] {
  const random = createRandom(seed, 'upgrade')
  const everybody = [...consumers, ...ingests]
  const forward = [...consumers, ...ingests].map((name) => ({ name, to: 'new' as const }))
  const [consumer, ingest] = [consumers.slice(0, 1), ingests.slice(0, 1)]
  const back = [...ingest, ...consumer].map((name) => ({ name, to: 'old' as const }))
  const again = [...consumer, ...ingest].map((name) => ({ name, to: 'new' as const }))
  const rolls = [...forward, ...back, ...again].map(({ name, to }, index): Step => {
    const others = everybody.filter((each) => each !== name)
    const killed = index % 2 === 0 && others.length > 0 ? random.pick(others) : null
    return { kind: 'roll', name, to, killed }
  })
  const tooEarly: readonly Step[] = makesClaims ? [] : [{ kind: 'grow' }]
  return [{ kind: 'setup' }, ...rolls.slice(0, 1), ...tooEarly, ...rolls.slice(1)]
}

/** Which code each runs after these steps; everybody begins with the old one. */
export function versionsAfter(
  steps: readonly Step[],
  { consumers, ingests }: Fleet,
): ReadonlyMap<string, Version> {
  const versions = new Map<string, Version>()
  for (const name of [...consumers, ...ingests]) versions.set(name, 'old')
  for (const step of steps) if (step.kind === 'roll') versions.set(step.name, step.to)
  return versions
}

/** How many consumers this release takes for earlier ones. */
export function earlierAmong(
  versions: ReadonlyMap<string, Version>,
  { consumers }: Fleet,
  { makesClaims }: Abilities,
): number {
  return makesClaims ? 0 : consumers.filter((name) => versions.get(name) === 'old').length
}

/** What an operator has who sets nothing: 30 s in releases before names and claims, 6 s since. */
export function sessionOf(version: Version, { makesClaims }: Abilities): Session {
  const ms = version === 'new' || makesClaims ? '6000' : '30000'
  return { KAFKA_SESSION_TIMEOUT_MS: ms }
}

type Session = Readonly<Record<'KAFKA_SESSION_TIMEOUT_MS', string>>

export function describeStep(step: Step): string {
  if (step.kind === 'setup') return 'setup of the new release'
  if (step.kind === 'grow') return 'topic grow, too early'
  const meanwhile = step.killed === null ? '' : `, ${step.killed} killed meanwhile`
  return `${step.name} to the ${step.to} release${meanwhile}`
}
