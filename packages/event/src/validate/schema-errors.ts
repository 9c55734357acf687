import type { ErrorObject } from 'ajv/dist/2020.js'
import {
  FIELD_NAMES,
  isFieldName,
  isOfKind,
  readFields,
  rowOf,
  type FieldName,
} from '../contract/fields.ts'
import { isJsonObject } from '../contract/event.ts'
import type { Normalised } from '../normalise/normalise.ts'
import { pointerOf } from '../json/pointer.ts'
import { describeValue, type Problem } from '../contract/problem.ts'
import { suggestMove } from './suggest.ts'

type CandidateFound = Extract<Normalised, { status: 'candidate' }>

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
  if (hasNobody(normalised) && !PEOPLE.some((name) => told.has(name))) {
    problems.push(missingUser(normalised))
  }
  return problems
}

function fieldOf({ instancePath }: ErrorObject): FieldName | null {
  const [, name = ''] = instancePath.split('/')
  return isFieldName(name) ? name : null
}

function explainField(normalised: CandidateFound, name: FieldName): Problem | null {
  const { candidate, input, notes } = normalised
  const { wrong, missing } = rowOf(name)
  const expected = expectedOf(name)
  const pointer = notes.pointers.get(name)
  if (pointer !== undefined) {
    if (wrong === undefined) return null
    const got = describeValue(candidate[name])
    const detail = `${name} must be ${expected}`
    return { pointer, code: wrong, detail, expected, got, suggestion: null }
  }
  if (missing === undefined) return null
  return {
    pointer: pointerOf(input.pointer, name),
    code: missing,
    detail: `${name} is missing`,
    expected,
    got: 'nothing',
    suggestion: suggestionFor(normalised, name),
  }
}

function expectedOf(name: FieldName): string {
  const { chars } = rowOf(name)
  if (chars === undefined) return 'an object'
  return `a string of ${chars[0]} to ${chars[1]} characters without control characters`
}

const PEOPLE = FIELD_NAMES.filter((name) => isOfKind(name, 'person'))

function hasNobody({ candidate }: CandidateFound): boolean {
  return PEOPLE.every((name) => candidate[name] === null)
}

function missingUser(normalised: CandidateFound): Problem {
  return {
    pointer: pointerOf(normalised.input.pointer, 'user_id'),
    code: 'missing_user_id',
    detail: 'neither user_id nor anonymous_id is there',
    expected: expectedOf('user_id'),
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
