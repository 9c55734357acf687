import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './checks.ts'
import type { Quantiles } from './freshness.ts'
import type { Findings } from './run.ts'
import type { Tier } from './tiers.ts'
import type { Verified } from './verify.ts'

/** Whether every check held, before and after the replay. */
export function isProven(findings: Verified): boolean {
  return brokenChecks(findings).length === 0
}

/** Names of the checks that did not hold. */
export function brokenChecks({ checks, afterReplay }: Verified): readonly string[] {
  return [
    ...checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name),
    ...afterReplay.filter(({ isHeld }) => !isHeld).map(({ name }) => `${name}, replayed`),
  ]
}

/** The tables that a person reads. */
export function renderReport(seed: number, tier: Tier, findings: Findings): string {
  const { ledger, requests, watched, freshness } = findings
  const { counts } = ledger
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
  const most = (map: ReadonlyMap<string, number>, show: (value: number) => string): string =>
    [...map].map(([name, value]) => `${name} ${show(value)}`).join(', ')
  return [
    `tier ${tier.name}${tier.shards > 1 ? `, ${tier.shards} shards` : ''}, seed ${seed}`,
    '',
    '| figure | value |',
    '| --- | --- |',
    row(
      'accepted events',
      `${counts.accepted} of ${counts.events} sent, ${counts.updates} updates`,
    ),
    row(
      'requests',
      `${requests.sent}, attempts ${requests.attempts}, ${counts.unknownAnswers} answers left the fate unknown`,
    ),
    row('behind schedule', `at most ${Math.round(findings.maxBehindMs)} ms`),
    row(
      'faults',
      `${findings.done.length} of ${findings.schedule.length}, ${findings.done.filter(({ isHit }) => isHit).length} hit; ${findings.lives} lives of our processes`,
    ),
    row(
      'rows stored',
      `${findings.physicalRows} before the replay (${(findings.physicalRows / Math.max(1, counts.accepted)).toFixed(3)} per event)`,
    ),
    ...(['all', 'healthy', 'in fault', 'after heal'] as const).map((weather) =>
      row(`freshness, ${weather}`, quantilesText(freshness[weather])),
    ),
    row('memory, most', most(watched.maxRssBytes, megabytes)),
    row('file descriptors, most', most(watched.maxDescriptors, String)),
    row('active parts, most', String(watched.maxActiveParts)),
    '',
    '| fault | what happened | seconds | hit |',
    '| --- | --- | --- | --- |',
    ...findings.done.map(
      ({ fault, what, startedAtMs, endedAtMs, isHit }) =>
        `| ${fault.number + 1} ${fault.kind} | ${what} | ${((endedAtMs - startedAtMs) / 1_000).toFixed(1)} | ${isHit ? 'yes' : 'no'} |`,
    ),
    '',
    renderChecks(findings),
    '',
  ].join('\n')
}

/** Every check, before and after the replay, and what breaks it. */
export function renderChecks({ checks, afterReplay, lost }: Verified): string {
  return [
    '| check | held | found |',
    '| --- | --- | --- |',
    ...checks.map(checkRow),
    ...afterReplay.map((check) => checkRow({ ...check, name: `${check.name}, replayed` })),
    ...samples([...checks, ...afterReplay]),
    ...lost.slice(0, 20).map((line) => `lost: ${line}`),
  ].join('\n')
}

function quantilesText({ events, p50Ms, p95Ms, p99Ms }: Quantiles): string {
  return events === 0
    ? 'no event'
    : `p50 ${p50Ms} ms, p95 ${p95Ms} ms, p99 ${p99Ms} ms (${events} events)`
}

function row(name: string, value: string): string {
  return `| ${name} | ${value} |`
}

function checkRow({ name, isHeld, found }: Check): string {
  return `| ${name} | ${isHeld ? 'yes' : '**NO**'} | ${found} |`
}

function samples(checks: readonly Check[]): readonly string[] {
  return checks
    .filter(({ isHeld }) => !isHeld)
    .flatMap(({ name, samples: some }) => some.map((sample) => `${name}: ${sample}`))
}

/** Writes what is needed to understand a failure into the folder of the run. */
export function keepEvidence(folder: string, seed: number, findings: Findings, text: string): void {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content)
  write('report.md', text)
  write('schedule.json', JSON.stringify({ seed, schedule: findings.schedule }, null, 2))
  write('lost.txt', findings.lost.join('\n'))
  const broken = new Set(
    [...findings.checks, ...findings.afterReplay].flatMap(({ samples: some }) =>
      some.flatMap((sample) => sample.match(/e\.\d+\.\d+/g) ?? []),
    ),
  )
  const slice = [...broken].map((id) => ({ id, ...findings.ledger.find(id) }))
  write('ledger-slice.json', JSON.stringify(slice, null, 2))
}
