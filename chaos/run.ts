import { setTimeout as delay } from 'node:timers/promises'
import { createAccounts } from './accounts.ts'
import {
  checkAnswers,
  checkQuarantine,
  checkView,
  type Check,
  type DeadLetterRow,
} from './checks.ts'
import { doFaults, type Done } from './faults.ts'
import { measureFreshness, type Freshness } from './freshness.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { locate } from './locate.ts'
import { createPoisonStore, type PoisonStore } from './poison.ts'
import { startProgress } from './progress.ts'
import { planFaults, type Fault } from './schedule.ts'
import { createSender, type Answer, type Sender } from './send.ts'
import {
  checkConsumerTelemetry,
  checkIngestTelemetry,
  checkReplayTelemetry,
  type KnownAnswer,
} from './telemetry.ts'
import { MIN_FAULT_MS, type Tier } from './tiers.ts'
import { startWatch, type Watched } from './watch.ts'
import { startWorkload } from './workload.ts'
import { CONSUMER_GROUP, CONSUMERS, startWorld, type World } from './world.ts'

/** Everything a run has found out. */
export interface Findings {
  readonly schedule: readonly Fault[]
  readonly done: readonly Done[]
  readonly ledger: Ledger
  readonly checks: readonly Check[]
  readonly afterReplay: readonly Check[]
  /** Where each lost event was lost. */
  readonly lost: readonly string[]
  readonly freshness: Freshness
  readonly watched: Watched
  readonly requests: { readonly sent: number; readonly attempts: number }
  readonly maxBehindMs: number
  readonly drainMs: number
  readonly replayMs: number
  readonly physicalRows: number
  readonly lives: number
}

export interface RunOptions {
  readonly seed: number
  readonly tier: Tier
  readonly folder: string
  readonly say: (line: string) => void
}

/** A run from the first process to the last check: load, faults, drain, checks, full replay, checks. */
export async function run({ seed, tier, folder, say }: RunOptions): Promise<Findings> {
  const schedule = planFaults({
    seed,
    kinds: tier.kinds,
    count: tier.faults,
    spanMs: tier.sendMs * 0.95,
    minDurationMs: MIN_FAULT_MS,
    maxDurationMs: tier.maxFaultMs,
  })
  const ledger = createLedger(seed, createAccounts({ ordered: 20, concurrent: 60 }))
  await using world = await startWorld({ seed, folder, onProgress: say })
  const poison = createPoisonStore(seed, world)
  const watch = startWatch(world, ledger)
  const storm = await rage({ world, tier, ledger, poison, schedule, say, watched: watch.seen })

  say('every fault is healed: waiting for the backlog')
  const drainMs = await drain(world, CONSUMER_GROUP, tier.drainMs)
  await watch.stop()
  await world.supervisor.scrape()
  const freshness = await measureFreshness(ledger, world.questions)
  const [[rows = '0'] = []] = await world.questions.ask('SELECT count() FROM events')
  const { checks, lost } = await checkAll(world, ledger, poison)
  const where = lost.length === 0 ? [] : await locate(world, ledger, lost)
  const first: readonly Check[] = [
    ...checks,
    checkConservation(watch.seen),
    checkDrained(drainMs),
    checkAnswers(ledger),
    checkIngestTelemetry(livesOf(world, 'ingest'), storm.answers, storm.unanswered),
    checkConsumerTelemetry(livesOf(world, 'consumer')),
  ]

  say('full replay: from offset 0 into the same tables, under a new group')
  const replay = await replayAll(world, tier)
  const second = await checkAll(world, ledger, poison)
  return {
    ledger,
    lost: where,
    freshness,
    drainMs,
    ...storm,
    watched: watch.seen,
    checks: first,
    afterReplay: [...second.checks, checkDrained(replay.tookMs), replay.telemetry],
    replayMs: replay.tookMs,
    physicalRows: Number(rows),
    lives: world.supervisor.lives.length,
  }
}

/** Load and faults, until the last fault is healed and the last answer is known. */
async function rage(options: {
  readonly world: World
  readonly tier: Tier
  readonly ledger: Ledger
  readonly poison: PoisonStore
  readonly schedule: readonly Fault[]
  readonly watched: Watched
  readonly say: (line: string) => void
}) {
  const { world, tier, ledger, schedule } = options
  const answers: KnownAnswer[] = []
  const unanswered: number[] = []
  const done: Done[] = []
  const active = new Set<Fault>()
  const patience = AbortSignal.timeout(tier.sendMs + tier.drainMs)
  const sender = noting(createSender(world.ingestUrl), answers, unanswered)
  const workload = startWorkload({
    ledger,
    sender,
    events: tier.events,
    sendMs: tier.sendMs,
    signal: patience,
  })
  const stopProgress = startProgress({ ...options, active, done, workload })
  try {
    await Promise.all([
      workload.done,
      doFaults({
        ...options,
        signal: patience,
        onBegin: (fault) => active.add(fault),
        onDone: (each) => {
          active.delete(each.fault)
          done.push(each)
        },
      }),
    ])
  } finally {
    stopProgress()
    sender.close()
    for (const link of Object.values(world.links)) link.set({ kind: 'healthy' })
  }
  const { requests, maxBehindMs } = workload
  done.sort((a, b) => a.fault.number - b.fault.number)
  return { answers, unanswered, done, requests, maxBehindMs, schedule }
}

/** Keeps what every attempt was told: the counters count attempts, also those that are to be repeated. */
function noting(sender: Sender, answers: KnownAnswer[], unanswered: number[]): Sender {
  return {
    close: () => sender.close(),
    send: async (body): Promise<Answer | null> => {
      const answer = await sender.send(body)
      const atMs = Date.now()
      if (answer === null) unanswered.push(atMs)
      else {
        const { accepted = 0, rejected = 0 } = answer.body
        answers.push({ atMs, accepted, rejected })
      }
      return answer
    },
  }
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

async function checkAll(world: World, ledger: Ledger, poison: PoisonStore) {
  const view = await checkView(ledger, world.questions.view())
  const rows = await world.questions.ask(
    `SELECT source_partition, hex(key), if(isNull(value), 'null', hex(value)) FROM dead_letters FINAL
     WHERE source_topic = '${world.topics.tracked}'`,
  )
  const deadLetters = rows.map(([partition, key = '', value = '']): DeadLetterRow => ({
    partition: Number(partition),
    key: key.toLowerCase(),
    value: value === 'null' ? null : value.toLowerCase(),
  }))
  const quarantine = checkQuarantine(poison.injected, deadLetters, poison.repeats)
  return { lost: view.lost, checks: [...view.checks, quarantine] }
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

async function replayAll(world: World, tier: Tier) {
  const { supervisor } = world
  for (const name of supervisor.names()) if (name !== 'ingest') await supervisor.remove(name)
  const group = `${CONSUMER_GROUP}.replay`
  for (let n = 1; n <= CONSUMERS; n++) {
    await world.startConsumer(`replay-${n}`, { KAFKA_CONSUMER_GROUP: group })
  }
  const tookMs = await drain(world, group, tier.drainMs)
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
