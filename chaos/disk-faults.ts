import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '@custom-events/embedded'
import { withAll, type Act, type Hands, type Outcome } from './hands.ts'
import type { Fault, FaultKind } from './schedule.ts'

const AT_LEAST_MS = 5_000
const REFILL_EVERY_MS = 200

/** The disk of a server is full for some time; then there is room again. */
export const diskActs = {
  kafka_disk_full: (hands, fault) => {
    const { brokers, kafka } = hands.world.stack
    const victim = brokers[Math.floor(fault.victim * brokers.length)] ?? kafka
    // A broker gives its folder up when it cannot write there: an operator makes room and restarts it.
    return fillDisk(hands, fault, victim, () => victim.restart())
  },
  clickhouse_disk_full: (hands, fault) =>
    fillDisk(hands, fault, hands.world.stack.clickhouse, async () => {}),
} as const satisfies Partial<Record<FaultKind, Act>>

function fillDisk(
  hands: Hands,
  fault: Fault,
  server: Server,
  recover: () => Promise<void>,
): Promise<Outcome> {
  const { stack, disks } = hands.world
  const isBroker = stack.brokers.includes(server)
  const names = isBroker ? stack.brokers.map(({ name }) => name) : [server.name]
  return withAll(hands, names, async () => {
    const disk = disks.get(server.name)
    if (disk === undefined) throw new Error(`${server.name} has no disk of its own`)
    const before = complaints(server)
    const ms = Math.max(AT_LEAST_MS, fault.durationMs)
    const until = performance.now() + ms
    while (performance.now() < until) {
      await disk.fill() // merges and cleaning make room
      await delay(REFILL_EVERY_MS)
    }
    await disk.free()
    const isHit = complaints(server) > before
    await recover()
    return { what: `${server.name}: no space left for ${ms} ms`, isHit }
  })
}

/** How often a server's log says that there is no room. */
function complaints(server: Server): number {
  const log = readFileSync(server.logFile, 'utf8')
  return log.match(/no space left|not enough space|NOT_ENOUGH_SPACE|SIGBUS/gi)?.length ?? 0
}
