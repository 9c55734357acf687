import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readKafkaMetadata, type Server } from '@custom-events/embedded'
import { withAll, type Act, type Hands, type Outcome } from './hands.ts'
import type { Fault, FaultKind } from './schedule.ts'
import { bringBack } from './server-faults.ts'

/** Longer than Kafka waits for a silent broker: another one leads by then. */
const LONGER_THAN_SESSION_MS = 6_000
const IN_SYNC_LIMIT_MS = 120_000

/**
 * Faults of one broker of three. At most one broker is away at a time, and none loses its disk while
 * another lags behind: with one disk lost, what two replicas have acknowledged is still on a second one.
 */
export const brokerActs = {
  broker_kill: (hands, fault) => oneAway(hands, fault, (victim) => kill(victim, fault)),
  broker_term: (hands, fault) => oneAway(hands, fault, (victim) => leave(victim, fault)),
  broker_freeze: (hands, fault) => oneAway(hands, fault, (victim) => freeze(victim, fault)),
  broker_disk_loss: (hands, fault) =>
    oneAway(hands, fault, (victim) => loseDisk(hands, victim, fault)),
  brokers_roll: (hands) =>
    withAll(hands, names(hands), async () => {
      for (const broker of hands.world.stack.brokers) {
        await bringBack(broker)
        await allInSync(hands, broker)
      }
      return { what: 'every broker restarted, one after the other', isHit: true }
    }),
} as const satisfies Partial<Record<FaultKind, Act>>

function names({ world }: Hands): readonly string[] {
  return world.stack.brokers.map(({ name }) => name)
}

/** Waits for every replica before and after, so that the next fault may take another broker. */
function oneAway(
  hands: Hands,
  fault: Fault,
  hurt: (victim: Server) => Promise<Outcome>,
): Promise<Outcome> {
  return withAll(hands, names(hands), async () => {
    const { brokers } = hands.world.stack
    const at = Math.floor(fault.victim * brokers.length)
    const victim = brokers[at]
    const other = brokers[(at + 1) % brokers.length]
    if (victim === undefined || other === undefined) throw new Error('there are not three brokers')
    await allInSync(hands, other)
    const outcome = await hurt(victim)
    await allInSync(hands, other)
    return outcome
  })
}

async function kill(victim: Server, { durationMs }: Fault): Promise<Outcome> {
  victim.kill('SIGKILL')
  await delay(durationMs)
  await bringBack(victim)
  return { what: `${victim.name}: killed, away for ${durationMs} ms`, isHit: true }
}

/** Gives its partitions away before it goes. */
async function leave(victim: Server, { durationMs }: Fault): Promise<Outcome> {
  await victim.stop()
  await delay(durationMs)
  await bringBack(victim)
  return { what: `${victim.name}: stopped, away for ${durationMs} ms`, isHit: true }
}

async function freeze(victim: Server, { durationMs }: Fault): Promise<Outcome> {
  const ms = LONGER_THAN_SESSION_MS + durationMs
  victim.kill('SIGSTOP')
  await delay(ms)
  victim.kill('SIGCONT')
  return { what: `${victim.name}: frozen for ${ms} ms`, isHit: true }
}

async function loseDisk({ world }: Hands, victim: Server, fault: Fault): Promise<Outcome> {
  victim.kill('SIGKILL')
  await delay(fault.durationMs)
  await victim.stop() // it is dead, and must be before its folder goes
  await rm(join(world.folder, victim.name, 'data'), { recursive: true })
  await bringBack(victim)
  return { what: `${victim.name}: killed, came back with an empty disk`, isHit: true }
}

/** @throws when it takes longer than a cluster that works ever does. */
async function allInSync({ signal }: Hands, broker: Server): Promise<void> {
  const port = Number(broker.url.split(':')[1])
  const until = performance.now() + IN_SYNC_LIMIT_MS
  while (performance.now() < until && !signal.aborted) {
    const metadata = await readKafkaMetadata(port, true).catch(() => null)
    const isWhole = metadata?.partitions.every(
      (each) => each.inSync.length === each.replicas.length,
    )
    if (isWhole === true) return
    await delay(200)
  }
  if (!signal.aborted) throw new Error(`replicas were not in sync within ${IN_SYNC_LIMIT_MS} ms`)
}
