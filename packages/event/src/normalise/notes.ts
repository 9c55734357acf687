import type { EventProblemCode, WarningCode } from '../contract/codes.ts'
import { rowOf, type Field, type FieldName, type Fields } from '../contract/fields.ts'
import { present } from './normalise-context.ts'
import { describeValue, type Problem, type Warning } from '../contract/problem.ts'

/** What normalising one event has found so far. */
export interface Notes {
  readonly problems: Problem[]
  readonly warnings: Warning[]
  /** Where each part of the event was taken from; parts that were not sent are absent. */
  readonly pointers: Map<FieldName, string>
  /** Parts whose problem is already told: the schema need not complain about them again. */
  readonly settled: Set<FieldName>
  /** Second values of a field, kept in `extra`. */
  readonly leftOver: Field[]
}

export function startNotes(): Notes {
  return {
    problems: [],
    warnings: [],
    pointers: new Map(),
    settled: new Set(),
    leftOver: [],
  }
}

/** Adds a problem; parts that are not said are `null`. */
export function reject(
  notes: Notes,
  code: EventProblemCode,
  pointer: string,
  problem: { readonly detail: string } & Partial<Omit<Problem, 'code' | 'pointer'>>,
): void {
  const { detail, expected = null, got = null, suggestion = null } = problem
  notes.problems.push({ pointer, code, detail, expected, got, suggestion })
}

export function warn(notes: Notes, code: WarningCode, pointer: string): void {
  notes.warnings.push({ code, pointer })
}

/**
 * The ids of these names that are there. An empty one counts as absent, with a warning: SDKs say "" for a
 * user who has not signed in.
 */
export function presentIds(
  notes: Notes,
  fields: Fields,
  names: readonly string[],
): readonly Field[] {
  return present(fields, names).filter(({ value, pointer }) => {
    if (value === '') warn(notes, 'empty_id', pointer)
    return value !== ''
  })
}

/** Takes the first of several names for one field; others must agree, or become its conflict or extra. */
export function takeField(notes: Notes, name: FieldName, named: readonly Field[]): Field | null {
  const [first, ...others] = named
  if (first === undefined) return null
  notes.pointers.set(name, first.pointer)
  const different = others.filter((other) => !isSame(other, first))
  if (different.length === 0) return first
  if (rowOf(name).conflict !== undefined) {
    rejectConflict(notes, name, [first, ...different])
    return null
  }
  for (const field of different) {
    warn(notes, 'alias_ignored', field.pointer)
    notes.leftOver.push(field)
  }
  return first
}

/** Names every pointer and what is there. */
export function rejectConflict(
  notes: Notes,
  name: FieldName,
  fields: readonly Pick<Field, 'pointer' | 'value'>[],
): void {
  const { conflict } = rowOf(name)
  if (conflict === undefined) throw new Error(`${name} has no code of a conflict`)
  const told = fields.map(({ pointer, value }) => `${pointer} is ${describeValue(value)}`)
  notes.settled.add(name)
  reject(notes, conflict, fields.at(-1)?.pointer ?? '', {
    detail: `different values for ${name}: ${told.join(', ')}`,
    expected: 'the same value wherever it is given',
    got: describeValue(fields.at(-1)?.value),
    suggestion: `send ${name} once`,
  })
}

/**
 * A whole number and its digits are the same id. Numbers are compared as they were sent: two that are beyond 2^53 can be
 * one number to JavaScript.
 */
function isSame(left: Field, right: Field): boolean {
  const id = idText(left)
  return id === null ? left.text === right.text : id === idText(right)
}

function idText({ value, text }: Field): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? text : null
}
