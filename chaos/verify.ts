import { setTimeout as delay } from 'node:timers/promises'
import {
  checkAnswers,
  checkQuarantine,
  checkView,
  type Check,
  type DeadLetterRow,
} from './checks.ts'
import { measureFreshness, type Freshness, type Interval } from './freshness.ts'
import { hasErased } from './accounts.ts'
import { checkNothingLeft } from './erasure.ts'
import type { Ledger } from './ledger.ts'
import type { Loaded } from './load.ts'
import { locate } from './locate.ts'
import { mendAndReplay } from './mend.ts'
import { checkMended, mendedOf, NOTHING_MENDED, withoutMended, type MendedById } from './mended.ts'
import type { PoisonStore } from './poison.ts'
import { allShards, nameAt } from './shard-names.ts'
import { checkAccounts, checkShards } from './shards.ts'
import { checkConsumerTelemetry, checkIngestTelemetry, checkReplayTelemetry } from './telemetry.ts'
import type { Watch, Watched } from './watch.ts'
import { CONSUMERS, type World } from './world.ts'

/** What the checks found, before and after the replay. */
export interface Verified {
  readonly ledger: Ledger
  readonly checks: readonly Check[]
  readonly afterReplay: readonly Check[]
  /** Where each lost event was lost. */
  readonly lost: readonly string[]
  readonly freshness: Freshness
  readonly watched: Watched
  readonly drainMs: number
  readonly replayMs: number
  readonly physicalRows: number
  readonly lives: number
  /** Records that were injected as poison. */
  readonly poisoned: number
}

export interface VerifyOptions {
  readonly world: World
  readonly ledger: Ledger
  readonly poison: PoisonStore
  readonly watch: Watch
  readonly loaded: Loaded
  readonly faults: readonly Interval[]
  readonly drainMs: number
  readonly say: (line: string) => void
}

/** After everything is healed: drains, checks, replays from offset 0 into the same tables, checks again. */
export async function verify(options: VerifyOptions): Promise<Verified> {
  const { world, ledger, poison, watch, loaded, say } = options
  say('every fault is healed: waiting for the backlog')
  const drainMs = await drain(world, world.consumerGroup, options.drainMs)
  await watch.stop()
  await world.supervisor.scrape()
  const freshness = await measureFreshness(ledger, world.questions, options.faults)
  const rows = (await world.questions.ask('SELECT count() FROM events')).reduce((sum, [count]) => sum + Number(count), 0) // prettier-ignore
  const { checks, lost } = await checkAll(options, NOTHING_MENDED)
  const where = lost.length === 0 ? [] : await locate(world, ledger, lost)
  const first: readonly Check[] = [
    ...checks,
    checkConservation(watch.seen),
    checkDrained(drainMs),
    checkAnswers(ledger),
    checkIngestTelemetry(livesOf(world, 'ingest'), loaded.answers, loaded.unanswered),
    checkConsumerTelemetry(livesOf(world, 'consumer')),
  ]

  const isMended = hasErased(ledger.accounts)
  if (isMended) say('what refused events is mended: replay of rejects and dead letters')
  const kept = isMended ? await keptRejects(world) : new Set<string>()
  const replays = isMended ? [await mendAndReplay(world, options.drainMs)] : []
  say('full replay: from offset 0 into the same tables, under a new group')
  const replay = await replayAll(world, options.drainMs)
  const mended = isMended ? mendedOf(ledger, poison.injected, kept) : NOTHING_MENDED
  const second = await checkAll(options, mended)
  return {
    ledger,
    lost: where,
    freshness,
    drainMs,
    watched: watch.seen,
    checks: first,
    afterReplay: [...replays, ...second.checks, checkDrained(replay.tookMs), replay.telemetry],
    replayMs: replay.tookMs,
    physicalRows: rows,
    lives: world.supervisor.lives.length,
    poisoned: poison.injected.length,
  }
}

/** Ids of the events that ingest refused for their time, as far as it could keep them. */
async function keptRejects({ questions }: World): Promise<ReadonlySet<string>> {
  const rows = await questions.ask(
    `SELECT DISTINCT extract(raw, '"event_id":"(early\\\\.[0-9]+)"') AS id FROM rejected_events WHERE id != ''`,
  )
  return new Set(rows.map(([id = '']) => id))
}

/** @returns how long it took until nothing was left to consume, or Infinity when it did not happen. */
async function drain(world: World, group: string, limitMs: number): Promise<number> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < limitMs) {
    try {
      const offsets = await world.questions.offsets(group)
      const isDone = offsets.every(
        ({ committed, earliest, latest }) => (committed ?? earliest) === latest,
      )
      if (isDone) return performance.now() - startedAt
    } catch {
      // a server is still coming back
    }
    await delay(300)
  }
  return Infinity
}

async function checkAll({ world, ledger, poison }: VerifyOptions, mended: MendedById) {
  const view = await checkView(ledger, withoutMended(world.questions.view(), mended))
  const rows = await world.questions.ask(
    `SELECT source_partition, hex(key), if(isNull(value), 'null', hex(value)) FROM dead_letters FINAL
     WHERE source_topic = '${world.topics.tracked}'`,
  )
  const deadLetters = rows.map(([partition, key = '', value = '']): DeadLetterRow => ({
    partition: Number(partition),
    key: key.toLowerCase(),
    value: value === 'null' ? null : value.toLowerCase(),
  }))
  const theirs = poison.injected.filter(({ isErased }) => isErased !== true)
  const quarantine = checkQuarantine(theirs, deadLetters, poison.repeats)
  const ofErased = hasErased(ledger.accounts) ? [await checkNothingLeft(world)] : []
  const ofMended = mended.size > 0 ? [checkMended(mended)] : []
  const ofShards = world.shards > 1 ? [await checkShards(world), await checkAccounts(world)] : []
  const others = [quarantine, ...ofErased, ...ofMended, ...ofShards]
  return { lost: view.lost, checks: [...view.checks, ...others] }
}

function checkConservation(seen: Watched): Check {
  return {
    name: 'conservation',
    isHeld: seen.violations.length === 0 && seen.confirmed > 0,
    found: `${seen.confirmed} accepted copies below the committed offset seen in the table, ${seen.violations.length} not; ${seen.rounds} rounds, ${seen.blindRounds} blind`,
    samples: seen.violations
      .slice(0, 20)
      .map((copy) => `${copy.eventId} at ${copy.partition}@${copy.offset}`),
  }
}

function checkDrained(tookMs: number): Check {
  const isHeld = Number.isFinite(tookMs)
  const found = isHeld ? `lag 0 after ${(tookMs / 1_000).toFixed(1)} s` : 'lag never came to 0'
  return { name: 'drained', isHeld, found, samples: [] }
}

/** Nobody dies in a replay; a machine that is busy must not make somebody look dead, or records are read twice. */
const UNHURRIED = { KAFKA_SESSION_TIMEOUT_MS: '30000' }

async function replayAll(world: World, limitMs: number) {
  const { supervisor } = world
  for (const name of supervisor.names())
    if (!name.startsWith('ingest')) await supervisor.remove(name)
  const group = `${world.consumerGroup}.replay`
  for (let n = 1; n <= CONSUMERS; n++) {
    for (const shard of allShards(world.shards)) {
      const name = nameAt(`replay-${n}`, shard, world.shards)
      await world.startConsumer(name, { KAFKA_CONSUMER_GROUP: group, ...UNHURRIED })
    }
  }
  const tookMs = await drain(world, group, limitMs)
  await supervisor.scrape()
  const offsets = await world.questions.offsets(group)
  const records = offsets
    .filter(({ topic }) => topic === world.topics.tracked)
    .reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
  return { tookMs, telemetry: checkReplayTelemetry(livesOf(world, 'replay'), records) }
}

function livesOf({ supervisor }: World, prefix: string) {
  return supervisor.lives.filter(({ name }) => name.startsWith(prefix))
}
