import type { ErrorObject } from 'ajv/dist/2020.js'
import type { EventProblemCode } from '../contract/codes.ts'
import { ALIASES, readFields, type FieldName } from '../contract/fields.ts'
import { isJsonObject } from '../contract/event.ts'
import type { Normalised } from '../normalise/normalise.ts'
import { pointerOf } from '../json/pointer.ts'
import { describeValue, type Problem } from '../contract/problem.ts'
import { suggestMove } from './suggest.ts'

type CandidateFound = Extract<Normalised, { status: 'candidate' }>

/** What is said when a part of the event is missing, and when it is there but wrong. */
interface FieldRow {
  readonly missing: EventProblemCode | null
  readonly wrong: EventProblemCode
  readonly expected: string
}

const ID = 'a string of 1 to 256 characters without control characters'

const ROWS: Partial<Record<FieldName, FieldRow>> = {
  event: {
    missing: 'missing_event',
    wrong: 'invalid_event_name',
    expected: 'a string of 1 to 200 characters without control characters',
  },
  group_id: { missing: 'missing_group_id', wrong: 'invalid_id', expected: ID },
  user_id: { missing: null, wrong: 'invalid_id', expected: ID },
  anonymous_id: { missing: null, wrong: 'invalid_id', expected: ID },
  event_id: {
    missing: null,
    wrong: 'invalid_id',
    expected: 'a string of 1 to 128 characters without control characters',
  },
  properties: { missing: null, wrong: 'properties_not_object', expected: 'an object' },
  context: { missing: null, wrong: 'context_not_object', expected: 'an object' },
}

/** Tells schema errors as problems of the body as sent: one for each part of the event. */
export function explainSchemaErrors(
  normalised: CandidateFound,
  errors: readonly ErrorObject[],
): readonly Problem[] {
  const { settled } = normalised.notes
  const problems: Problem[] = []
  const told = new Set<FieldName>(settled)
  for (const error of errors) {
    const name = fieldOf(error)
    if (name === null || told.has(name)) continue
    const problem = explainField(normalised, name)
    if (problem === null) continue
    told.add(name)
    problems.push(problem)
  }
  if (hasNobody(normalised) && !told.has('user_id') && !told.has('anonymous_id')) {
    problems.push(missingUser(normalised))
  }
  return problems
}

function fieldOf({ instancePath }: ErrorObject): FieldName | null {
  const [, name = ''] = instancePath.split('/')
  return isFieldName(name) ? name : null
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(ALIASES, name)
}

function explainField(normalised: CandidateFound, name: FieldName): Problem | null {
  const { candidate, input, notes } = normalised
  const row = ROWS[name]
  if (row === undefined) return null
  const pointer = notes.pointers.get(name)
  if (pointer !== undefined) {
    const got = describeValue(candidate[name])
    const detail = `${name} must be ${row.expected}`
    return { pointer, code: row.wrong, detail, expected: row.expected, got, suggestion: null }
  }
  if (row.missing === null) return null
  return {
    pointer: pointerOf(input.pointer, name),
    code: row.missing,
    detail: `${name} is missing`,
    expected: row.expected,
    got: 'nothing',
    suggestion: suggestionFor(normalised, name),
  }
}

function hasNobody({ candidate }: CandidateFound): boolean {
  return candidate.user_id === null && candidate.anonymous_id === null
}

function missingUser(normalised: CandidateFound): Problem {
  return {
    pointer: pointerOf(normalised.input.pointer, 'user_id'),
    code: 'missing_user_id',
    detail: 'neither user_id nor anonymous_id is there',
    expected: ID,
    got: 'nothing',
    suggestion: suggestionFor(normalised, 'user_id'),
  }
}

function suggestionFor({ input }: CandidateFound, name: FieldName): string | null {
  if (name !== 'event' && name !== 'group_id' && name !== 'user_id') return null
  if (!isJsonObject(input.value)) return null
  const fields = readFields(input.value, input.text, input.scanned, input.pointer)
  return suggestMove(name, input.value, fields, input.pointer)
}
