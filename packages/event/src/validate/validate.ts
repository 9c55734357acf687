import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { TrackedEvent } from '../contract/event.ts'
import { eventSchema } from '../contract/event-schema.ts'
import { explainSchemaErrors } from './schema-errors.ts'
import type { Normalised } from '../normalise/normalise.ts'
import { MAX_PROBLEMS, type Problem, type Warning } from '../contract/problem.ts'

export type Verdict =
  | {
      readonly status: 'accepted'
      readonly event: TrackedEvent
      readonly warnings: readonly Warning[]
    }
  | {
      readonly status: 'rejected'
      /** At least one, at most 20. */
      readonly problems: readonly Problem[]
      readonly warnings: readonly Warning[]
      /** What could be read of the event, so that a rejected event can be found again. */
      readonly known: KnownParts
    }

/** The parts of a rejected event that could be read. */
export interface KnownParts {
  readonly event: string | null
  readonly group_id: string | null
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly event_id: string | null
}

export type Validate = (normalised: Exclude<Normalised, { status: 'ignored' }>) => Verdict

/**
 * Compiles the event schema twice: one validator stops at the first error and runs for every event,
 * the other finds all errors and runs only for an event that is rejected anyway.
 */
export function createValidate(): Validate {
  const isValid = compile(false)
  const findErrors = compile(true)

  return (normalised) => {
    if (normalised.status === 'rejected') {
      return { status: 'rejected', problems: normalised.problems, warnings: [], known: UNKNOWN }
    }
    const { candidate, notes } = normalised
    if (notes.problems.length === 0 && isValid(candidate)) {
      return { status: 'accepted', event: toEvent(normalised), warnings: notes.warnings }
    }
    findErrors(candidate)
    const problems = [...notes.problems, ...explain(normalised, findErrors.errors ?? [])]
    return {
      status: 'rejected',
      problems: problems.slice(0, MAX_PROBLEMS),
      warnings: notes.warnings,
      known: knownParts(normalised),
    }
  }
}

type CandidateFound = Extract<Normalised, { status: 'candidate' }>

/** That the schema itself is one, a test says: to ask each time takes six times as long as compiling it. */
function compile(allErrors: boolean): ValidateFunction {
  const isChecked = { meta: false, validateSchema: false }
  const ajv = new Ajv2020({ strict: true, allErrors, allowUnionTypes: true, ...isChecked })
  return ajv.compile(eventSchema)
}

function explain(normalised: CandidateFound, errors: readonly ErrorObject[]): readonly Problem[] {
  return explainSchemaErrors(normalised, errors)
}

/** The schema has checked what the types cannot say, so the cast is a parsing boundary. */
function toEvent({ candidate, texts }: CandidateFound): TrackedEvent {
  return { ...candidate, ...texts } as TrackedEvent
}

const UNKNOWN: KnownParts = {
  event: null,
  group_id: null,
  user_id: null,
  anonymous_id: null,
  event_id: null,
}

/** The parts of a candidate that could be read. */
export function knownParts({ candidate, notes }: CandidateFound): KnownParts {
  const isIdSent = notes.pointers.has('event_id')
  return {
    event: textOrNull(candidate.event),
    group_id: candidate.group_id,
    user_id: candidate.user_id,
    anonymous_id: candidate.anonymous_id,
    event_id: isIdSent ? textOrNull(candidate.event_id) : null,
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
