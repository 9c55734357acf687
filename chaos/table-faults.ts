import { setTimeout as delay } from 'node:timers/promises'
import { victimShard, withAll, type Act, type Hands, type Outcome } from './hands.ts'
import type { Fault, FaultKind } from './schedule.ts'
import { counter } from './scrape.ts'
import type { World } from './world.ts'

const AT_LEAST_MS = 3_000
const IDLE_LIMIT_MS = 45_000
const HEAL_LIMIT_MS = 60_000
/** Few enough not to be taken for a bad deploy, with what other faults inject. */
const MOST_REFUSED = 8

/** What makes inserts fail, why they then do, and what puts it right again. */
interface Spoil {
  /** Of the consumers' retries. */
  readonly reason: string
  readonly spoil: readonly string[]
  readonly heal: readonly string[]
}

/** Every statement may be repeated: one whose answer did not come in time may have been done all the same. */
export const SPOILS = {
  table_away: {
    reason: 'schema',
    spoil: ['RENAME TABLE IF EXISTS events TO events_away'],
    heal: ['RENAME TABLE IF EXISTS events_away TO events'],
  },
  column_renamed: {
    reason: 'schema',
    spoil: ['ALTER TABLE events RENAME COLUMN IF EXISTS source TO source_away'],
    // Its parts are rewritten before the lock is given back: the disk may be full next, and ClickHouse then loses the
    // definition of a table that is altered, or a part that it rewrites.
    heal: [
      'ALTER TABLE events RENAME COLUMN IF EXISTS source_away TO source SETTINGS mutations_sync = 1',
    ],
  },
  merges_stopped: {
    reason: 'too_many_parts',
    spoil: [
      'SYSTEM STOP MERGES events',
      'ALTER TABLE events MODIFY SETTING parts_to_delay_insert = 3, parts_to_throw_insert = 3',
    ],
    heal: [
      'ALTER TABLE events RESET SETTING parts_to_delay_insert, parts_to_throw_insert',
      'SYSTEM START MERGES events',
    ],
  },
} as const satisfies Readonly<Record<string, Spoil>>

/** Faults of the table itself, each done with statements and undone with statements. */
export const tableActs = {
  refused_rows: async (hands, fault) => {
    const partition = Math.floor(fault.victim * hands.world.partitions)
    const count = 1 + (fault.number % MOST_REFUSED)
    await hands.poison.injectRefused({ partition, count }, hands.signal)
    return {
      what: `${count} rows that only ClickHouse refuses, in partition ${partition}`,
      isHit: true,
    }
  },
  table_away: (hands, fault) => spoil(hands, fault, SPOILS.table_away),
  column_renamed: (hands, fault) => spoil(hands, fault, SPOILS.column_renamed),
  merges_stopped: (hands, fault) => spoil(hands, fault, SPOILS.merges_stopped),
} as const satisfies Partial<Record<FaultKind, Act>>

/** The table of one shard. Nobody may kill that ClickHouse meanwhile, or the harness could not put the table right again. */
function spoil(hands: Hands, fault: Fault, { reason, ...statements }: Spoil): Promise<Outcome> {
  const { world } = hands
  const { server, shard } = victimShard(hands, fault)
  const retry = (sql: string): Promise<void> => retryUntilDone(world, sql, shard)
  return withAll(hands, [server.name], async () => {
    const before = await retries(world, reason)
    const ms = Math.max(AT_LEAST_MS, fault.durationMs)
    for (const sql of statements.spoil) await retry(sql)
    const startedAt = performance.now()
    const hits = await untilHit(world, { reason, before, atLeastMs: ms })
    for (const sql of statements.heal) await retry(sql)
    const tookMs = Math.round(performance.now() - startedAt)
    return { what: `${fault.kind} for ${tookMs} ms, ${hits} attempts failed`, isHit: hits > 0 }
  })
}

/** Holds on, a little, until somebody wanted to insert: consumers may be waiting for something else. */
async function untilHit(
  world: World,
  { reason, before, atLeastMs }: { reason: string; before: number; atLeastMs: number },
): Promise<number> {
  const startedAt = performance.now()
  await delay(atLeastMs)
  for (;;) {
    const hits = (await retries(world, reason)) - before
    if (hits > 0 || performance.now() - startedAt > IDLE_LIMIT_MS) return hits
    await delay(500)
  }
}

/** Attempts that failed for this reason, as those consumers count that live now. */
export async function retries({ supervisor }: World, reason: string): Promise<number> {
  await supervisor.scrape()
  return supervisor.lives.reduce(
    (sum, { scrape }) =>
      sum + (scrape === null ? 0 : counter(scrape, 'retries_total', `reason="${reason}"`)),
    0,
  )
}

/** A server that is busy gets some time. */
async function retryUntilDone({ questions }: World, sql: string, shard: number): Promise<void> {
  const until = performance.now() + HEAL_LIMIT_MS
  for (;;) {
    try {
      await questions.command(sql, shard)
      return
    } catch (error) {
      if (performance.now() > until) throw error
      await delay(500)
    }
  }
}
