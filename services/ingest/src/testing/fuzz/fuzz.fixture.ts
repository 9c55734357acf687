import {
  compilePlans,
  createPlanSet,
  EVENT_CODES,
  IGNORED_CODES,
  WARNING_CODES,
} from '@custom-events/event'
import fc from 'fast-check'
import { createJudges, isOnFastPath, isSame, outcomeOf, WAYS } from './both-ways.fixture.ts'
import type { Judges, Outcome, Sent, Way } from './both-ways.fixture.ts'
import { body } from './bodies.fixture.ts'
import { minimise } from './minimise.fixture.ts'

/** Some bodies are long: that way is the same code in slices, and it takes a third of the time. */
const BODIES_PER_LONG = 4

/** Drawn at once, from a seed of their own. */
const BODIES_OF_ROUND = 500

/** How far a run is, and what its bodies led to: it is worth what it met. */
export interface Progress {
  bodies: number
  events: number
  /** Bodies that were refused whole. */
  refused: number
  /** Accepted in the bytes. */
  onFastPath: number
  readonly byStatus: Record<'accepted' | 'rejected' | 'ignored', number>
  /** Codes of events and of warnings. */
  readonly codes: Set<string>
}

/** A body that two ways do not agree about, with as few bytes as that takes. */
export interface Disagreement {
  readonly sent: Sent
  readonly ways: readonly [Way, Way]
  readonly outcomes: readonly [Outcome, Outcome]
}

/**
 * Judges and encodes random bodies in every way and compares, until there were so many events or so much time
 * is over, or two ways disagree. The same seed gives the same bodies.
 */
export async function fuzz(options: {
  readonly seed: number
  readonly events: number
  readonly ms?: number
  readonly onProgress?: (progress: Progress) => void
}): Promise<{ readonly progress: Progress; readonly disagreement: Disagreement | null }> {
  const { seed, events, ms = Infinity, onProgress } = options
  const judges = { usual: createJudges(), planned: createJudges(somePlans()) }
  const progress = startProgress()
  const endsAt = performance.now() + ms
  for (let round = 0; progress.events < events && performance.now() < endsAt; round += 1) {
    for (const sent of fc.sample(body, { seed: seed + round, numRuns: BODIES_OF_ROUND })) {
      const chosen = sent.hasPlans === true ? judges.planned : judges.usual
      const ways = progress.bodies % BODIES_PER_LONG === 0 ? WAYS : SHORT_WAYS
      const disagreement = await compare(sent, chosen, { ways, progress })
      if (disagreement !== null) {
        return { progress, disagreement: await least(disagreement, chosen) }
      }
    }
    onProgress?.(progress)
  }
  return { progress, disagreement: null }
}

/** Codes of events and of warnings that a run has not met. */
export function codesNotMet({ codes }: Progress): readonly string[] {
  const known = { ...EVENT_CODES, ...WARNING_CODES, ...IGNORED_CODES }
  return Object.keys(known).filter((code) => !codes.has(code))
}

const SHORT_WAYS: readonly Way[] = ['reference', 'fast']

/** Of the events that are drawn most. */
function somePlans() {
  const plan = (event: string, mode: string) => ({
    name: `${event}.json`,
    text: JSON.stringify({
      'x-event': event,
      'x-mode': mode,
      type: 'object',
      properties: {
        n: { type: 'integer', maximum: 50 },
        a: { 'x-seal': 'person' },
        constructor: { 'x-seal': 'account' },
      },
    }),
  })
  return createPlanSet(compilePlans([plan('feature_used', 'enforce'), plan('account_1', 'warn')]), {
    defaultMode: 'warn',
    unplanned: 'warn',
  })
}

function startProgress(): Progress {
  const byStatus = { accepted: 0, rejected: 0, ignored: 0 }
  return { bodies: 0, events: 0, refused: 0, onFastPath: 0, byStatus, codes: new Set() }
}

/** @param options.progress counts what the reference path says. */
export async function compare(
  sent: Sent,
  judges: Judges,
  options: { readonly ways?: readonly Way[]; readonly progress?: Progress } = {},
): Promise<Disagreement | null> {
  const { ways = WAYS, progress = startProgress() } = options
  const reference = await outcomeOf('reference', sent, judges)
  note(progress, reference)
  for (const way of ways) {
    if (way === 'reference') continue
    const outcome = await outcomeOf(way, sent, judges)
    if (way === 'fast') progress.onFastPath += outcome.judged.filter(isOnFastPath).length
    if (!isSame(reference, outcome))
      return { sent, ways: ['reference', way], outcomes: [reference, outcome] }
  }
  return null
}

function note(progress: Progress, { judged }: Outcome): void {
  progress.bodies += 1
  progress.events += judged.length
  if (judged.length === 0) progress.refused += 1
  for (const { verdict } of judged) {
    progress.byStatus[verdict.status] += 1
    if (verdict.status === 'ignored') progress.codes.add(verdict.reason.code)
    else for (const { code } of verdict.warnings) progress.codes.add(code)
    if (verdict.status === 'rejected') {
      for (const { code } of verdict.problems) progress.codes.add(code)
    }
  }
}

async function least(found: Disagreement, judges: Judges): Promise<Disagreement> {
  const bytes = await minimise(found.sent.bytes, async (fewer) => {
    return (await compare({ ...found.sent, bytes: fewer }, judges)) !== null
  })
  return (await compare({ ...found.sent, bytes }, judges)) ?? found
}
