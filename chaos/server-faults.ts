import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '@custom-events/embedded'
import { injectEverywhere, withAll, type Act, type Hands, type Outcome } from './hands.ts'
import { patiently } from './patiently.ts'
import type { LinkMode } from './proxy.ts'
import type { Fault } from './schedule.ts'
import type { Links } from './servers.ts'

/** A batch closes after 0.5 s, and a dead letter that is not acknowledged is given up after 5 s. */
const LONG_ENOUGH_TO_SETTLE_MS = 8_000
/** Seconds for which Kafka may be away. */
const ATTEMPTS = 60
const STARTS = 3
const LESS_THAN_BATCH_AGE_MS = 150
const IDLE_LINK_LIMIT_MS = 15_000

/** One server, or all brokers at once. */
export function killServers(
  hands: Hands,
  fault: Fault,
  servers: readonly Server[],
): Promise<Outcome> {
  const names = servers.map(({ name }) => name)
  return withAll(hands, names, async () => {
    for (const server of servers) server.kill('SIGKILL')
    await delay(fault.durationMs)
    await Promise.all(servers.map(bringBack))
    return { what: `${names.join(', ')}: killed, away for ${fault.durationMs} ms`, isHit: true }
  })
}

/** With poison on its way to the dead-letter topic: it was read, it is in a batch, it cannot be set aside. */
export async function killKafka(hands: Hands, fault: Fault): Promise<Outcome> {
  await injectEverywhere(hands)
  await delay(LESS_THAN_BATCH_AGE_MS)
  return killServers(hands, fault, hands.world.stack.brokers)
}

export function freezeServers(
  hands: Hands,
  fault: Fault,
  servers: readonly Server[],
): Promise<Outcome> {
  const names = servers.map(({ name }) => name)
  return withAll(hands, names, async () => {
    for (const server of servers) server.kill('SIGSTOP')
    await delay(fault.durationMs)
    for (const server of servers) server.kill('SIGCONT')
    return { what: `${names.join(', ')}: frozen for ${fault.durationMs} ms`, isHit: true }
  })
}

export async function injectPoison(hands: Hands, fault: Fault): Promise<Outcome> {
  const partition = Math.floor(fault.victim * hands.world.partitions)
  await hands.poison.inject(partition, hands.signal)
  return { what: `poison in partition ${partition}`, isHit: true }
}

/** Kafka takes events and offsets, and no dead letter: there are fewer replicas than it demands of that topic. */
export function refuseDeadLetters(hands: Hands, fault: Fault): Promise<Outcome> {
  const { world } = hands
  return withAll(hands, ['dead letters'], async () => {
    const ms = Math.max(fault.durationMs, LONG_ENOUGH_TO_SETTLE_MS)
    await patiently(() => world.questions.refuseDeadLetters(true), ATTEMPTS)
    await injectEverywhere(hands)
    await delay(ms)
    await patiently(() => world.questions.refuseDeadLetters(false), ATTEMPTS)
    return { what: `refused for ${ms} ms`, isHit: true }
  })
}

/** On a machine that is busy with other things a start may take longer than it is given. */
export function bringBack(server: Server): Promise<void> {
  return patiently(() => server.restart(), STARTS)
}

/** Holds on, a little, until the link was used at all: an idle one cannot be hurt. */
export function hurtLink(name: keyof Links, mode: LinkMode): Act {
  return (hands, fault) => {
    const link = hands.world.links[name]
    const hits = (): number => link.hurt(mode.kind)
    return withAll(hands, [`link ${name}`], async () => {
      const before = hits()
      const startedAt = performance.now()
      link.set(mode)
      await delay(fault.durationMs)
      while (hits() === before && performance.now() - startedAt < IDLE_LINK_LIMIT_MS)
        await delay(20)
      link.set({ kind: 'healthy' })
      const ms = Math.round(performance.now() - startedAt)
      const count = hits() - before
      return { what: `${mode.kind} for ${ms} ms, ${count} pieces hurt`, isHit: count > 0 }
    })
  }
}

/** The same, with poison on its way to the dead-letter topic. */
export function hurtFetchLink(mode: LinkMode): Act {
  const hurt = hurtLink('fetch', mode)
  return async (hands, fault) => {
    await injectEverywhere(hands)
    await delay(LESS_THAN_BATCH_AGE_MS)
    return hurt(hands, fault)
  }
}

export async function killEverything(hands: Hands, fault: Fault): Promise<Outcome> {
  const { supervisor, stack } = hands.world
  const servers = [...stack.brokers, stack.registry, ...stack.shards]
  const services = supervisor.names()
  const victims = [...servers.map(({ name }) => name), ...services]
  return withAll(hands, victims, async () => {
    const startedAt = performance.now()
    for (const server of servers) server.kill('SIGKILL')
    for (const name of supervisor.names()) supervisor.signal(name, 'SIGKILL')
    const tookMs = Math.round(performance.now() - startedAt)
    await delay(fault.durationMs)
    await Promise.all(servers.map(bringBack))
    return { what: `everything killed within ${tookMs} ms, back together`, isHit: true }
  })
}
