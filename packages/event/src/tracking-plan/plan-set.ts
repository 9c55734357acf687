import { isJsonObject, type TrackedEvent } from '../contract/event.ts'
import type { EventInput } from '../normalise/normalise-context.ts'
import type { Normalised } from '../normalise/normalise.ts'
import { pointerOf } from '../json/pointer.ts'
import type { SealTree } from '../seal/seal-tree.ts'
import { describeValue, MAX_PROBLEMS } from '../contract/problem.ts'
import { knownParts, type Verdict } from '../validate/validate.ts'
import { explainPlanErrors, type PlanFinding } from './explain.ts'
import type { PiiPath } from './marks.ts'
import { hideValue, maskProblem, redactEvent } from './pii.ts'
import type { Plan, PlanMode } from './plan.ts'

export const UNPLANNED_MODES = ['allow', 'warn', 'reject'] as const

/** How plans are applied. */
export interface PlanRules {
  /** Of plans that do not say it. */
  readonly defaultMode: PlanMode
  /** What becomes of an event without a plan. */
  readonly unplanned: (typeof UNPLANNED_MODES)[number]
}

/** All plans together: the last word on an event. */
export interface PlanSet {
  readonly plans: readonly Plan[]
  /** The verdict when the event's plan has been heard too. */
  check(normalised: Exclude<Normalised, { status: 'ignored' }>, verdict: Verdict): Verdict
  /** Whether `check` would leave the verdict on an accepted event as it is; `false`: ask it. */
  hasNothingToSay(event: Pick<TrackedEvent, 'event' | 'properties'>): boolean
  /** The event's text as it may be kept when it is rejected: without the values marked as PII. */
  redact(input: EventInput, event: string | null): string
  /** What is sealed of any event, whatever the mode of its plan; `null`: nothing of any. */
  readonly sealsByEvent: ReadonlyMap<string, SealTree> | null
}

/** Larger `properties` are told their first error only: finding all takes memory for each. */
const MAX_CHARS_FOR_ALL_ERRORS = 8_192

/** @param plans one for each event, see `refuseDoubles`. */
export function createPlanSet(plans: readonly Plan[], rules: PlanRules): PlanSet {
  const planByEvent = new Map(plans.map((plan) => [plan.event, plan]))
  const eventBySpelling = new Map(plans.map(({ event }) => [spellingOf(event), event]))
  const everyPii = plans.flatMap(({ pii }) => pii)
  const isIdle = plans.length === 0 && rules.unplanned === 'allow'
  // A mistyped name must not bring out what its plan hides.
  const piiOf = (event: string | null): readonly PiiPath[] =>
    planByEvent.get(event ?? '')?.pii ?? everyPii

  const judge = (normalised: CandidateFound, verdict: Verdict): Verdict => {
    const { event } = normalised.candidate
    if (typeof event !== 'string') return verdict
    const plan = planByEvent.get(event)
    if (plan === undefined) {
      if (rules.unplanned === 'allow') return verdict
      const meant = eventBySpelling.get(spellingOf(event)) ?? null
      const problems = [unplanned(normalised, meant)]
      return settle(normalised, verdict, problems, rules.unplanned === 'reject')
    }
    const mode = plan.mode ?? rules.defaultMode
    if (mode === 'off') return verdict
    return settle(normalised, verdict, violations(plan, normalised), mode === 'enforce')
  }

  return {
    plans,
    check: (normalised, verdict) => {
      if (isIdle) return verdict
      const isCandidate = normalised.status === 'candidate'
      const judged = isCandidate ? judge(normalised, verdict) : verdict
      if (judged.status === 'accepted') return judged
      if (!isCandidate) {
        return everyPii.length === 0
          ? judged
          : { ...judged, problems: judged.problems.map(hideValue) }
      }
      const paths = piiOf(judged.known.event)
      if (paths.length === 0) return judged
      const base = pointerOfProperties(normalised)
      return { ...judged, problems: judged.problems.map((each) => maskProblem(each, base, paths)) }
    },
    hasNothingToSay: (tracked) => {
      if (isIdle) return true
      const plan = planByEvent.get(tracked.event)
      if (plan === undefined) return rules.unplanned === 'allow'
      const isOff = (plan.mode ?? rules.defaultMode) === 'off'
      return isOff || plan.isValid(JSON.parse(tracked.properties))
    },
    redact: (input, event) => redactEvent(input, piiOf(event)),
    sealsByEvent: sealsByEvent(plans),
  }
}

function sealsByEvent(plans: readonly Plan[]): PlanSet['sealsByEvent'] {
  const sealing = plans.flatMap(({ event, seals }) =>
    seals === null ? [] : [[event, seals] as const],
  )
  return sealing.length === 0 ? null : new Map(sealing)
}

/** Without plans nothing is checked and nothing is hidden. */
export const NO_PLAN_SET: PlanSet = createPlanSet([], { defaultMode: 'off', unplanned: 'allow' })

type CandidateFound = Extract<Normalised, { status: 'candidate' }>

function pointerOfProperties({ input, notes }: CandidateFound): string {
  return notes.pointers.get('properties') ?? pointerOf(input.pointer, 'properties')
}

/** Nothing for an event that fits; all problems, at most 20, only for one that does not. */
function violations(plan: Plan, normalised: CandidateFound): readonly PlanFinding[] {
  const { properties } = normalised.candidate
  if (!isJsonObject(properties) || plan.isValid(properties)) return []
  const isSmall = normalised.texts.properties.length <= MAX_CHARS_FOR_ALL_ERRORS
  const errors = isSmall ? plan.findErrors(properties) : (plan.isValid.errors ?? [])
  const base = pointerOfProperties(normalised)
  const problems = explainPlanErrors(base, errors)
  return problems.map((problem) => maskProblem(problem, base, plan.pii))
}

/** Case and separators are what names differ by most often. */
function spellingOf(event: string): string {
  return event.toLowerCase().replaceAll(/[\s_.-]/g, '')
}

function unplanned({ candidate, input, notes }: CandidateFound, meant: string | null): PlanFinding {
  return {
    pointer: notes.pointers.get('event') ?? pointerOf(input.pointer, 'event'),
    code: 'unplanned_event',
    detail: 'there is no tracking plan for this event',
    expected: 'an event with a tracking plan',
    got: describeValue(candidate.event),
    suggestion: meant === null ? null : `did you mean ${meant}?`,
  }
}

function settle(
  normalised: CandidateFound,
  verdict: Verdict,
  problems: readonly PlanFinding[],
  isEnforced: boolean,
): Verdict {
  if (problems.length === 0) return verdict
  if (!isEnforced) {
    const warnings = problems.map(({ suggestion, ...warning }) => ({
      ...warning,
      ...(suggestion === null ? {} : { suggestion }),
    }))
    return { ...verdict, warnings: [...verdict.warnings, ...warnings] }
  }
  const { warnings } = verdict
  const before = verdict.status === 'rejected' ? verdict.problems : []
  const told = [...before, ...problems].slice(0, MAX_PROBLEMS)
  return { status: 'rejected', problems: told, warnings, known: knownParts(normalised) }
}
