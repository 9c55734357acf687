import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { brokenChecks, isProven, keepEvidence, renderReport } from './report.ts'
import { run, scheduleOf, type Findings } from './run.ts'
import type { Fault } from './schedule.ts'
import { shrink } from './shrink.ts'
import type { Tier } from './tiers.ts'

export interface ProofOptions {
  readonly seed: number
  readonly tier: Tier
  /** Numbers of the only faults that are done, as a report counts them. @default all */
  readonly onlyFaults: readonly number[] | null
  /** Runs that may be spent on finding a smaller schedule that fails too; 0 for none. */
  readonly shrinkRuns: number
  readonly shrinkMinutes: number
  /** The command that repeats a run with this seed and these faults. */
  readonly command: (seed: number, onlyFaults: readonly number[] | null) => string
  readonly say: (line: string) => void
  readonly print: (text: string) => void
}

/** What became of one seed, for the table of all. */
interface Verdict {
  readonly seed: number
  readonly isProven: boolean
  readonly seconds: number
  /** null when the run could not be finished. */
  readonly findings: Findings | null
  readonly why: string
}

/** Runs the tier with one seed after the other. @returns whether every run is proven. */
export async function prove(options: ProofOptions): Promise<boolean> {
  const { tier, print } = options
  const verdicts: Verdict[] = []
  for (let n = 0; n < tier.runs; n++) {
    verdicts.push(await proveSeed({ ...options, seed: options.seed + n }))
  }
  if (verdicts.length > 1) print(renderVerdicts(verdicts))
  return verdicts.every((verdict) => verdict.isProven)
}

async function proveSeed(options: ProofOptions): Promise<Verdict> {
  const { seed, tier, onlyFaults, say, print, command } = options
  const startedAt = performance.now()
  const schedule = scheduleOf(seed, tier).filter(
    ({ number }) => onlyFaults === null || onlyFaults.includes(number + 1),
  )
  say(
    `tier ${tier.name}, seed ${seed}: ${tier.events} events over ${tier.sendMs / 1_000} s, ${schedule.length} faults`,
  )
  const { folder, findings, error } = await runIn(options, schedule)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const again = command(seed, onlyFaults)
  if (findings !== null && isProven(findings)) {
    rmSync(folder, { recursive: true, force: true })
    print(`${renderReport(seed, tier, findings)}\nPROVEN in ${seconds} s; again with ${again}`)
    return { seed, isProven: true, seconds, findings, why: '' }
  }
  if (findings === null) print(`the run could not be finished: ${error}`)
  else {
    const text = renderReport(seed, tier, findings)
    print(text)
    keepEvidence(folder, seed, findings, text)
  }
  removeData(folder)
  print(`BROKEN after ${seconds} s; again with ${again}; evidence in ${folder}`)
  if (findings !== null) await shrinkSchedule(options, schedule)
  const why = findings === null ? error : brokenChecks(findings).join(', ')
  return { seed, isProven: false, seconds, findings, why }
}

async function runIn(
  { seed, tier, say }: ProofOptions,
  schedule: readonly Fault[],
): Promise<{ folder: string; findings: Findings | null; error: string }> {
  const folder = mkdtempSync(join(tmpdir(), `custom-events-chaos-${seed}-`))
  say(`logs are in ${folder}`)
  try {
    return { folder, findings: await run({ seed, tier, schedule, folder, say }), error: '' }
  } catch (error) {
    return { folder, findings: null, error: inspect(error) } // with its causes
  }
}

/** Finds fewer faults that break the run too, and says how to have them again. */
async function shrinkSchedule(options: ProofOptions, schedule: readonly Fault[]): Promise<void> {
  const { seed, say, print, command, shrinkRuns, shrinkMinutes } = options
  if (shrinkRuns === 0) return
  const until = performance.now() + shrinkMinutes * 60_000
  const isBroken = async (some: readonly Fault[]): Promise<boolean> => {
    say(`shrinking: again with ${some.length} of ${schedule.length} faults`)
    const { folder, findings } = await runIn(options, some)
    rmSync(folder, { recursive: true, force: true })
    const is = findings === null || !isProven(findings)
    say(`shrinking: ${some.length} faults: ${is ? 'still BROKEN' : 'holds'}`)
    return is
  }
  const { smallest, runs, isMinimal } = await shrink(
    schedule,
    isBroken,
    (sofar) => sofar < shrinkRuns && performance.now() < until,
  )
  const lines = smallest.map(
    ({ number, kind, atMs, durationMs }) =>
      `  ${number + 1} ${kind} at ${(atMs / 1_000).toFixed(1)} s for ${durationMs} ms`,
  )
  print(
    [
      `the smallest schedule known to fail has ${smallest.length} of ${schedule.length} faults` +
        ` (${runs} more runs, ${isMinimal ? 'none can be left out' : 'more runs may shrink it further'}):`,
      ...lines,
      `again with ${command(
        seed,
        smallest.map(({ number }) => number + 1),
      )}`,
    ].join('\n'),
  )
}

function removeData(folder: string): void {
  for (const name of ['kafka', 'kafka-1', 'kafka-2', 'kafka-3', 'registry', 'clickhouse']) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function renderVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ seed, isProven: is, seconds, findings, why }) => {
    const counts = findings?.ledger.counts
    const hit = findings?.done.filter(({ isHit }) => isHit).length ?? 0
    const cells = [
      seed,
      is ? 'PROVEN' : `**BROKEN**: ${why.split('\n')[0]}`,
      `${seconds} s`,
      counts?.accepted ?? 0,
      counts?.updates ?? 0,
      `${hit} of ${findings?.done.length ?? 0}`,
      findings?.lost.length ?? '?',
      findings?.lives ?? 0,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const total = (of: (findings: Findings) => number): number =>
    verdicts.reduce((sum, { findings }) => sum + (findings === null ? 0 : of(findings)), 0)
  const proven = verdicts.filter((verdict) => verdict.isProven).length
  return [
    '| seed | verdict | time | accepted | updates | faults hit | lost | lives |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `${proven} of ${verdicts.length} runs PROVEN in ${verdicts.reduce((sum, { seconds }) => sum + seconds, 0)} s: ` +
      `${total(({ ledger }) => ledger.counts.accepted)} events accepted, ` +
      `${total(({ done }) => done.filter(({ isHit }) => isHit).length)} of ${total(({ done }) => done.length)} faults hit`,
  ].join('\n')
}
