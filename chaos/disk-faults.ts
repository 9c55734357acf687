import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Disk } from './disk.ts'
import type { Server } from '@custom-events/embedded'
import { victimShard, withAll, type Act, type Hands, type Outcome } from './hands.ts'
import type { Fault, FaultKind } from './schedule.ts'
import { patiently } from './patiently.ts'
import { bringBack } from './server-faults.ts'
import { retries } from './table-faults.ts'
import type { World } from './world.ts'

const AT_LEAST_MS = 5_000
const REFILL_EVERY_MS = 200
const IDLE_LIMIT_MS = 45_000

/** The disk of a server is full for some time; then there is room again. */
export const diskActs = {
  kafka_disk_full: (hands, fault) => {
    const { brokers, kafka } = hands.world.stack
    const victim = brokers[Math.floor(fault.victim * brokers.length)] ?? kafka
    // A broker gives its folder up when it cannot write there: an operator makes room and restarts it.
    const seen = async (): Promise<number> => complaints(victim)
    return fillDisk(hands, fault, {
      server: victim,
      seen,
      fillUp: (disk) => disk.fill(),
      recover: () => bringBack(victim).then(() => []),
    })
  },
  clickhouse_disk_full: (hands, fault) => {
    const { server, shard } = victimShard(hands, fault)
    const seen = (): Promise<number> => retries(hands.world, 'disk_full')
    // A part that was merged meanwhile may have no last bytes: the runbook says to restart, too.
    return fillDisk(hands, fault, {
      server,
      seen,
      fillUp: (disk) => fillUpClickHouse(hands.world, disk, shard),
      recover: () => recoverClickHouse(hands.world, server, shard),
    })
  },
} as const satisfies Partial<Record<FaultKind, Act>>

/** Too little for a statement of an erasure, see `packages/clickhouse/src/disk/room.ts`. */
const LITTLE_ROOM_BYTES = 50_000_000
const MUTATED_WITHIN_LOOKS = 20
/** Longer than from a look at the disks to the end of the statement after it. */
const STATEMENT_MS = 2_000

/**
 * As disks do, it fills up over a while, not within the millisecond between an erasure's look at it and its statement: what is
 * under way may end first.
 */
async function fillUpClickHouse({ questions }: World, disk: Disk, shard: number): Promise<void> {
  await disk.fill(LITTLE_ROOM_BYTES)
  const mutations =
    'SELECT count() FROM system.mutations WHERE NOT is_done AND database = currentDatabase()'
  await patiently(async () => {
    const [[running] = []] = await questions.ask(mutations, shard)
    if (running !== '0') throw new Error(`${running ?? 'no'} mutations are under way`)
  }, MUTATED_WITHIN_LOOKS).catch(() => {})
  await delay(STATEMENT_MS)
  await disk.fill()
}

/**
 * As an operator does it: restarts it, and drops what it then keeps aside. That is a part that it wrote on the full disk, and what
 * it was made of is back. Whether it is, the ledger tells.
 *
 * @returns what was dropped
 */
async function recoverClickHouse(
  world: World,
  server: Server,
  shard: number,
): Promise<readonly string[]> {
  await bringBack(server)
  const { questions } = world
  const dropped = new Set<string>()
  await patiently(async () => {
    const aside = await questions.ask(
      'SELECT table, name FROM system.detached_parts WHERE database = currentDatabase()',
      shard,
    )
    for (const [table, name] of aside) {
      await questions.command(
        `ALTER TABLE ${table} DROP DETACHED PART '${name}' SETTINGS allow_drop_detached = 1`,
        shard,
      )
      dropped.add(`${table}/${name}`)
    }
  }, LOOKS)
  return [...dropped]
}

/** ClickHouse is busy after it was started. */
const LOOKS = 20

function fillDisk(
  hands: Hands,
  fault: Fault,
  {
    server,
    seen,
    fillUp,
    recover,
  }: {
    readonly server: Server
    /** How often somebody has met a full disk so far. */
    readonly seen: () => Promise<number>
    /** The first time. */
    readonly fillUp: (disk: Disk) => Promise<void>
    /** @returns what it dropped. */
    readonly recover: () => Promise<readonly string[]>
  },
): Promise<Outcome> {
  const { stack, disks } = hands.world
  const isBroker = stack.brokers.includes(server)
  const names = isBroker ? stack.brokers.map(({ name }) => name) : [server.name]
  return withAll(hands, names, async () => {
    const disk = disks.get(server.name)
    if (disk === undefined) throw new Error(`${server.name} has no disk of its own`)
    const before = await seen()
    const startedAt = performance.now()
    const elapsedMs = (): number => performance.now() - startedAt
    const leastMs = Math.max(AT_LEAST_MS, fault.durationMs)
    let hits = 0
    await fillUp(disk)
    // Holds on, a little, until somebody wanted to write.
    while (elapsedMs() < leastMs || (hits === 0 && elapsedMs() < IDLE_LIMIT_MS)) {
      await disk.fill() // merges and cleaning make room
      await delay(REFILL_EVERY_MS)
      hits = (await seen()) - before
    }
    await disk.free()
    const dropped = await recover()
    const ms = Math.round(elapsedMs())
    const aside = dropped.length === 0 ? '' : `, dropped ${dropped.join(', ')}`
    return { what: `${server.name}: no space left for ${ms} ms${aside}`, isHit: hits > 0 }
  })
}

/** How often a server's log says that there is no room. */
function complaints(server: Server): number {
  const log = readFileSync(server.logFile, 'utf8')
  return log.match(/no space left|not enough space|NOT_ENOUGH_SPACE|SIGBUS/gi)?.length ?? 0
}
