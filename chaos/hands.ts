import type { Server } from '@custom-events/embedded'
import type { Locks } from './locks.ts'
import type { PoisonStore } from './poison.ts'
import type { Fault } from './schedule.ts'
import type { World } from './world.ts'

/** Does a fault and heals it. */
export type Act = (hands: Hands, fault: Fault) => Promise<Outcome>

/** What came of a fault. */
export interface Outcome {
  /** What happened, for the report. */
  readonly what: string
  /** It did what it was meant to do; a failpoint may never be reached, a link may be idle. */
  readonly isHit: boolean
}

/** What a fault is done with. */
export interface Hands {
  readonly world: World
  readonly locks: Locks
  readonly poison: PoisonStore
  readonly signal: AbortSignal
  /** Called when the fault has its victims to itself; it may have waited for them. */
  readonly onTaken: () => void
}

/** Consumers that are kept running, the victim first. */
export function consumers({ world }: Hands, victim: number): readonly string[] {
  const names = world.supervisor.names().filter((name) => name.startsWith('consumer'))
  const first = Math.floor(victim * names.length)
  return [...names.slice(first), ...names.slice(0, first)]
}

export async function withConsumer(
  hands: Hands,
  fault: Fault,
  use: (name: string) => Promise<Outcome>,
): Promise<Outcome> {
  const { name, release } = await hands.locks.any(() => consumers(hands, fault.victim))
  hands.onTaken()
  try {
    return await use(name)
  } finally {
    release()
  }
}

export async function withAll(
  { locks, onTaken }: Hands,
  names: readonly string[],
  use: () => Promise<Outcome>,
): Promise<Outcome> {
  const release = await locks.all(names)
  onTaken()
  try {
    return await use()
  } finally {
    release()
  }
}

/** One of the ClickHouses, and which shard it is; the others go on. */
export function victimShard(
  { world }: Pick<Hands, 'world'>,
  { victim }: Fault,
): { readonly server: Server; readonly shard: number } {
  const index = Math.floor(victim * world.shards)
  return { server: world.stack.shards[index] ?? world.stack.clickhouse, shard: index + 1 }
}

/** Whoever has which partition, there is something to set aside in it. */
export async function injectEverywhere({ world, poison, signal }: Hands): Promise<void> {
  for (let partition = 0; partition < world.partitions; partition++) {
    await poison.inject(partition, signal)
  }
}
