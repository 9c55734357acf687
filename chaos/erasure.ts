import { setTimeout as delay } from 'node:timers/promises'
import type { CliEnded } from '../test/support/cli-command.ts'
import { keepPartsBriefly, receiptIn, runErase } from '../test/support/erase-command.ts'
import { ACCOUNT_OF_PERSON, ERASED_ACCOUNT, ERASED_PERSON } from './accounts.ts'
import type { Check } from './checks.ts'
import type { PoisonStore } from './poison.ts'
import type { FaultKind } from './schedule.ts'
import type { World } from './world.ts'

/** What the command says when a step is reached: there it is killed. Each step by one of two, which go on at the same time. */
const STEPS = {
  announced: /announced:/,
  hidden: /no query of events/,
  counted: /rollups and catalogue/,
  settled: /settled:/,
  rewritten: /rewritten:/,
} as const
const ERASURES = [
  {
    who: 'an account',
    args: ['--group', ERASED_ACCOUNT],
    killAt: [STEPS.announced, STEPS.counted, STEPS.rewritten],
  },
  {
    who: 'a person',
    args: ['--user', ERASED_PERSON, '--group', ACCOUNT_OF_PERSON],
    killAt: [STEPS.hidden, STEPS.settled],
  },
] as const
const AGAIN_AFTER_MS = 1_000
const LOOK_EVERY_MS = 500

const OF_ACCOUNT = `group_id = '${ERASED_ACCOUNT}'`
const OF_PERSON = `(group_id = '${ACCOUNT_OF_PERSON}' AND user_id = '${ERASED_PERSON}')`

/** How an erasure went. */
export interface ErasureRun {
  readonly who: string
  readonly kills: number
  readonly killsWanted: number
  readonly runs: number
  readonly isDone: boolean
  readonly seconds: number
  /** Rows by table, as its receipt has them. */
  readonly found: Readonly<Record<string, number>>
  /** What it said last. */
  readonly said: string
}

interface ErasureOptions {
  readonly world: World
  readonly poison: PoisonStore
  readonly afterMs: number
  /** Longer than a consumer may go on without knowing, and than any insert takes here. */
  readonly settleSeconds: number
  readonly say: (line: string) => void
  /** Gives up then. */
  readonly signal: AbortSignal
}

/**
 * Erases an account and a person of another while everything else goes on: killed at each step, and gone on with until it is
 * done, whatever is away meanwhile. There are dead letters of theirs before, and records past ingest after it.
 */
export async function eraseAmidst(options: ErasureOptions): Promise<readonly ErasureRun[]> {
  const { world, poison, afterMs, signal } = options
  const wait = (ms: number): Promise<unknown> => delay(ms, null, { signal }).catch(() => {})
  await wait(afterMs / 2)
  await poison.injectOfOwners(signal)
  await wait(afterMs / 2)
  // Consumers may be behind: an erasure that finds nobody proves little.
  while (!signal.aborted && !(await areThere(world))) await wait(LOOK_EVERY_MS)
  const runs = await Promise.all(ERASURES.map((erasure) => eraseOne(erasure, options)))
  await poison.injectOfOwners(signal)
  return runs
}

/** Whether there are rows of both. */
async function areThere({ questions }: Pick<World, 'questions'>): Promise<boolean> {
  const sql = `SELECT countIf(${OF_ACCOUNT}), countIf(${OF_PERSON}) FROM events`
  const rows = await questions.ask(sql).catch(() => []) // ClickHouse may be away
  // Each is on one shard, and not both need be on the same.
  return [0, 1].every((column) => rows.some((row) => Number(row[column]) > 0))
}

/**
 * Before anything is inserted. Where disks are filled, replaced parts stay for as long as elsewhere: a part that ClickHouse
 * writes on a full disk may be broken, and is made again of those.
 */
export async function prepareErasures(
  { questions }: Pick<World, 'questions'>,
  kinds: readonly FaultKind[],
): Promise<void> {
  if (kinds.includes('clickhouse_disk_full')) return
  await keepPartsBriefly((sql) => questions.command(sql))
}

async function eraseOne(
  { who, args, killAt: steps }: (typeof ERASURES)[number],
  { world, settleSeconds, say, signal }: ErasureOptions,
): Promise<ErasureRun> {
  say(`erasing ${who}`)
  const startedAt = performance.now()
  const environment = { ...world.environment, ERASE_SETTLE_SECONDS: String(settleSeconds) }
  let kills = 0
  for (let runs = 1; ; runs++) {
    const killAt = steps[kills]
    const ended = await runErase([...args, '--yes'], {
      environment,
      signal,
      ...(killAt === undefined ? {} : { killAt }),
    })
    const isDone = ended.code === 0
    if (isDone || signal.aborted) {
      const seconds = Math.round((performance.now() - startedAt) / 1_000)
      say(`erased ${who} after ${seconds} s, ${runs} runs, ${kills} of them killed`)
      const said = `${ended.stdout}${ended.stderr}`.trim().slice(-600)
      const found = isDone ? foundOf(receiptIn(ended)['found']) : {}
      return { who, kills, killsWanted: steps.length, runs, isDone, seconds, found, said }
    }
    if (ended.code === null) kills++
    else {
      say(`erasing ${who} ended with ${ended.code}: ${reasonOf(ended)}`)
      await delay(AGAIN_AFTER_MS, null, { signal }).catch(() => {})
    }
  }
}

/** What it told a person last. */
function reasonOf({ stdout, stderr }: CliEnded): string {
  const told = stderr.trim() === '' ? stdout : stderr
  return told.trim().split('\n').slice(-2).join(' ').trim()
}

function foundOf(found: unknown): Readonly<Record<string, number>> {
  return typeof found === 'object' && found !== null ? { ...(found as Record<string, number>) } : {} // of a receipt
}

export function checkErasure(run: ErasureRun): Check {
  const { who, isDone, kills, killsWanted, runs, seconds, found, said } = run
  const rows = Object.entries(found).map(([table, count]) => `${count} of ${table}`)
  return {
    name: `erasure of ${who}`,
    isHeld: isDone && kills === killsWanted && (found['events'] ?? 0) > 0,
    found: `${isDone ? 'done' : 'not done'} in ${seconds} s and ${runs} runs, ${kills} of ${killsWanted} kills; found ${rows.join(', ') || 'nothing'}`,
    samples: [said],
  }
}

/** No row of who was erased in any table, also none that a newer one hides. */
export async function checkNothingLeft({ questions }: Pick<World, 'questions'>): Promise<Check> {
  const theirs = `${OF_ACCOUNT} OR ${OF_PERSON}`
  const conditions = {
    events: theirs,
    rejected_events: theirs,
    dead_letters: `key = '${ERASED_ACCOUNT}'`,
    rollup_daily: OF_ACCOUNT,
  }
  const counts = Object.entries(conditions).map(
    ([table, where]) => `SELECT '${table}', count() FROM ${table} WHERE ${where}`,
  )
  const rows = await questions.ask(counts.join(' UNION ALL '))
  const left = rows
    .filter(([, count]) => count !== '0')
    .map(([table, count]) => `${count} of ${table}`)
  return {
    name: 'rows of who was erased',
    isHeld: left.length === 0 && rows.length === counts.length * questions.shards,
    found: left.length === 0 ? `0 in ${rows.length} tables` : left.join(', '),
    samples: left,
  }
}
