import { setTimeout as delay } from 'node:timers/promises'
import { injectEverywhere, withAll, withConsumer, type Hands, type Outcome } from './hands.ts'
import type { Fault } from './schedule.ts'
import { nameAt } from './shard-names.ts'

/** Longer than the session time-out of the consumers: another member has taken over by then. */
export const ZOMBIE_MS = 9_000
const SHORTER_THAN_SESSION_MS = 4_000
const SHORTER_THAN_PATIENCE_MS = 5_000
const REACHED_WITHIN_MS = 45_000

export function signalConsumer(
  hands: Hands,
  fault: Fault,
  signal: NodeJS.Signals,
): Promise<Outcome> {
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    supervisor.signal(name, signal)
    const isDead = await supervisor.dies(name, 35_000)
    return { what: `${name}: ${signal}`, isHit: isDead }
  })
}

/** For less than the session: nobody takes over. */
export function freezeBriefly(hands: Hands, fault: Fault): Promise<Outcome> {
  return freezeConsumer(hands, fault, Math.min(fault.durationMs, SHORTER_THAN_SESSION_MS))
}

export function makeZombie(hands: Hands, fault: Fault): Promise<Outcome> {
  return freezeConsumer(hands, fault, ZOMBIE_MS)
}

function freezeConsumer(hands: Hands, fault: Fault, ms: number): Promise<Outcome> {
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    supervisor.signal(name, 'SIGSTOP')
    await delay(ms)
    supervisor.signal(name, 'SIGCONT')
    return { what: `${name}: frozen for ${ms} ms`, isHit: true }
  })
}

export async function joinConsumer({ world }: Hands, fault: Fault): Promise<Outcome> {
  const name = joiningName(world, fault)
  await world.startConsumer(name)
  const isHit = await world.supervisor.becomesReady(name, REACHED_WITHIN_MS)
  await delay(fault.durationMs)
  await world.supervisor.remove(name)
  return { what: `${name}: joined and left after ${fault.durationMs} ms`, isHit }
}

/** Of one that joins the group of one of the shards for a while. */
export function joiningName({ shards }: Hands['world'], { number, victim }: Fault): string {
  return nameAt(`joining-${number}`, 1 + Math.floor(victim * shards), shards)
}

export function leaveConsumer(hands: Hands, fault: Fault): Promise<Outcome> {
  return withConsumer(hands, fault, async (name) => {
    await hands.world.supervisor.remove(name)
    await delay(fault.durationMs)
    await hands.world.startConsumer(name)
    return { what: `${name}: left, came back after ${fault.durationMs} ms`, isHit: true }
  })
}

export function reachFailpoint(hands: Hands, fault: Fault): Promise<Outcome> {
  const failpoint = fault.kind.slice('failpoint_'.length)
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    await supervisor.restartWith(name, { FAILPOINT: failpoint })
    if (failpoint.endsWith('dead_letter')) {
      // Not before it has partitions, or another member sets the poison aside.
      await supervisor.becomesReady(name, REACHED_WITHIN_MS / 2)
      // Whichever partitions it got, there is something to set aside in them.
      await injectEverywhere(hands)
    }
    const isHit = await supervisor.dies(name, REACHED_WITHIN_MS)
    if (!isHit) await supervisor.restartWith(name, {})
    return { what: `${name}: ${isHit ? 'died at' : 'never came to'} ${failpoint}`, isHit }
  })
}

export function restartIngest(hands: Hands, signal: NodeJS.Signals): Promise<Outcome> {
  const { supervisor } = hands.world
  return withAll(hands, ['ingest'], async () => {
    supervisor.signal('ingest', signal)
    const isHit = await supervisor.dies('ingest', 35_000)
    return { what: `ingest: ${signal}`, isHit }
  })
}

export function freezeIngest(hands: Hands, fault: Fault): Promise<Outcome> {
  const { supervisor } = hands.world
  return withAll(hands, ['ingest'], async () => {
    const ms = Math.min(fault.durationMs, SHORTER_THAN_PATIENCE_MS)
    supervisor.signal('ingest', 'SIGSTOP')
    await delay(ms)
    supervisor.signal('ingest', 'SIGCONT')
    return { what: `ingest: frozen for ${ms} ms`, isHit: true }
  })
}
