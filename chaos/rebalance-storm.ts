import { setTimeout as delay } from 'node:timers/promises'
import { withAll, type Hands, type Outcome } from './hands.ts'
import { joiningName } from './process-faults.ts'
import { createRandom } from './random.ts'
import type { Fault } from './schedule.ts'

const SHORTEST_MS = 15_000
const LONGEST_MS = 60_000

/** A member joins or leaves the group every two to three seconds. */
export function storm(hands: Hands, fault: Fault): Promise<Outcome> {
  const ms = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, fault.durationMs * 4))
  return withAll(hands, ['storm'], async () => {
    const { world, signal } = hands
    const changes = await stirGroup({
      ms,
      signal,
      random: createRandom(fault.number, 'storm'),
      join: () => world.startConsumer(joiningName(world, fault)),
      leave: () => world.supervisor.remove(joiningName(world, fault)),
    })
    return { what: `${changes} times a member joined or left in ${ms} ms`, isHit: changes > 1 }
  })
}

/** @returns how often a member joined or left; it has left at the end. */
export async function stirGroup(options: {
  readonly ms: number
  readonly signal: AbortSignal
  readonly random: ReturnType<typeof createRandom>
  readonly join: () => Promise<unknown>
  readonly leave: () => Promise<unknown>
}): Promise<number> {
  const until = performance.now() + options.ms
  let changes = 0
  while (changes % 2 === 1 || (performance.now() < until && !options.signal.aborted)) {
    await (changes % 2 === 0 ? options.join() : options.leave())
    changes += 1
    await delay(options.random.integer(2_000, 3_000))
  }
  return changes
}
