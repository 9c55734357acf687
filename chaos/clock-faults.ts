import { setTimeout as delay } from 'node:timers/promises'
import { consumers, withAll, type Act, type Hands, type Outcome } from './hands.ts'
import type { Fault, FaultKind } from './schedule.ts'

const DAY_MS = 86_400_000
const AT_LEAST_MS = 2_000

/** The wall clock of a service jumps by a day, and back: an operator's hand, or a bad time server. */
export const clockActs = {
  clock_ingest: (hands, fault) => jump(hands, fault, 'ingest'),
  clock_consumer: (hands, fault) => jump(hands, fault, consumers(hands, fault.victim)[0] ?? ''),
} as const satisfies Partial<Record<FaultKind, Act>>

/** The clock has a lock of its own: whatever else is done to the service may come on top. */
function jump(hands: Hands, fault: Fault, name: string): Promise<Outcome> {
  const { clocks } = hands.world
  return withAll(hands, [`clock of ${name}`], async () => {
    const offsetMs = fault.number % 2 === 0 ? DAY_MS : -DAY_MS
    const ms = Math.max(AT_LEAST_MS, fault.durationMs)
    const isSeen = await clocks.set(name, offsetMs)
    await delay(ms)
    await clocks.set(name, 0)
    const way = offsetMs > 0 ? 'a day ahead' : 'a day back'
    return { what: `${name}: its clock jumped ${way} for ${ms} ms`, isHit: isSeen }
  })
}
